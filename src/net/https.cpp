#include "offlineimap/net/https.hpp"

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

#include "curl.hpp"

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

std::string place_of(const std::string& url) {
    std::string place = url.substr(0, url.find_first_of("?#"));
    const auto scheme = place.find("://");
    const auto host = scheme == std::string::npos ? 0 : scheme + 3;
    const auto at = place.substr(0, place.find('/', host)).rfind('@');
    if (at != std::string::npos && at >= host) place.erase(host, at + 1 - host);
    return base::printable(place);
}

namespace {

constexpr std::size_t kLargestAnswer = 64U << 10U;
constexpr std::size_t kLargestHead = 64U << 10U;
// How long a stop may go unnoticed.
constexpr int kNapMilliseconds = 200;

void require_https(const std::string& url) {
    if (base::starts_with_ignoring_case(url, "https://")) return;
    throw Error(Severity::repository, ErrorCode::configuration,
                "'" + place_of(url) + "' is no https:// address; tokens are not sent without TLS");
}

ErrorCode error_code_of(CURLcode code) {
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return ErrorCode::certificate;
        case CURLE_OPERATION_TIMEDOUT:
            return ErrorCode::timeout;
        default:
            return ErrorCode::network;
    }
}

std::string proxy_host(const base::Proxy& proxy) {
    return proxy.host.find(':') == std::string::npos ? proxy.host : "[" + proxy.host + "]";
}

curl_proxytype proxy_type(base::ProxyType type) {
    switch (type) {
        case base::ProxyType::socks4:
            return CURLPROXY_SOCKS4A;
        case base::ProxyType::socks5:
            return CURLPROXY_SOCKS5_HOSTNAME;
        case base::ProxyType::http:
            return CURLPROXY_HTTP;
    }
    return CURLPROXY_HTTP;
}

// What the server sends, as far as it is wanted.
struct Received {
    std::string body;
    std::size_t head = 0;
    bool too_large = false;

    // The body holds tokens: it never moves in memory.
    Received() { body.reserve(kLargestAnswer); }
    Received(const Received&) = delete;
    Received& operator=(const Received&) = delete;
    ~Received() { base::wipe(body.data(), body.size()); }

    static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
        auto& received = *static_cast<Received*>(self);
        if (size * count > kLargestAnswer - received.body.size()) {
            received.too_large = true;
            return 0;
        }
        received.body.append(bytes, size * count);
        return size * count;
    }
    static std::size_t take_head(char*, std::size_t size, std::size_t count, void* self) {
        auto& received = *static_cast<Received*>(self);
        received.head += size * count;
        received.too_large = received.too_large || received.head > kLargestHead;
        return received.too_large ? 0 : size * count;
    }
};

class Transfer {
  public:
    explicit Transfer(const FormPost& post)
        : curl_(Curl::get()),
          place_(place_of(post.url)),
          easy_(curl_.easy_init(), curl_.easy_cleanup),
          multi_(curl_.multi_init(), curl_.multi_cleanup) {
        if (!easy_ || !multi_) throw failed(ErrorCode::network, "libcurl has no memory left");
        add_header("Accept: application/json");
        add_header("Content-Type: application/x-www-form-urlencoded");
        add_header("Expect:");
        set_up(post);
        curl_.multi_add_handle(multi_.get(), easy_.get());
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() { curl_.multi_remove_handle(multi_.get(), easy_.get()); }

    FormAnswer run(std::chrono::milliseconds limit, const std::stop_token& stop) {
        const auto deadline = base::Deadline::after(limit);
        int running = 1;
        while (running != 0) {
            if (stop.stop_requested()) throw base::Cancelled();
            if (deadline.expired()) throw failed(ErrorCode::timeout, "no answer within the time limit");
            curl_.multi_perform(multi_.get(), &running);
            if (running != 0) curl_.multi_poll(multi_.get(), nullptr, 0, kNapMilliseconds, nullptr);
        }
        return answer();
    }

  private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (curl_.easy_setopt(easy_.get(), option, value) != CURLE_OK)
            throw failed(ErrorCode::unsupported, "libcurl is older than 7.85 or was built without HTTPS");
    }

    // The list has another head afterwards.
    void add_header(const char* line) {
        auto* const list = headers_.release();
        headers_.reset(curl_.slist_append(list, line));
    }

    void set_up(const FormPost& post) {
        set(CURLOPT_URL, post.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_NOSIGNAL, 1L);
        // Does not wait for a name server once we have given up; unknown to some versions.
        curl_.easy_setopt(easy_.get(), CURLOPT_QUICK_EXIT, 1L);
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        // As OpenSSL itself and our own TLS do.
        if (const char* file = std::getenv("SSL_CERT_FILE")) set(CURLOPT_CAINFO, file);
        set(CURLOPT_PROXY, post.proxy ? proxy_host(*post.proxy).c_str() : "");
        set(CURLOPT_NOPROXY, "");  // the environment's exceptions are none of ours
        if (post.proxy) set_up(*post.proxy);
        set(CURLOPT_HTTPHEADER, headers_.get());
        // Not copied: it lives as long as the request.
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(post.body.reveal().size()));
        set(CURLOPT_POSTFIELDS, post.body.reveal().data());
        set(CURLOPT_WRITEFUNCTION, &Received::take_body);
        set(CURLOPT_WRITEDATA, &received_);
        set(CURLOPT_HEADERFUNCTION, &Received::take_head);
        set(CURLOPT_HEADERDATA, &received_);
        set(CURLOPT_ERRORBUFFER, error_);
    }

    // The proxy resolves the host's name.
    void set_up(const base::Proxy& proxy) {
        set(CURLOPT_PROXYTYPE, static_cast<long>(proxy_type(proxy.type)));
        set(CURLOPT_PROXYPORT, static_cast<long>(proxy.port));
        // Not Kerberos, for which libcurl would ask a KDC past the proxy, and wait.
        set(CURLOPT_SOCKS5_AUTH, static_cast<long>(CURLAUTH_BASIC));
        if (proxy.user.empty()) return;
        set(CURLOPT_PROXYUSERNAME, proxy.user.c_str());
        set(CURLOPT_PROXYPASSWORD, proxy.password.reveal().data());
    }

    FormAnswer answer() {
        int left = 0;
        const CURLMsg* message = curl_.multi_info_read(multi_.get(), &left);
        if (received_.too_large)
            throw failed(ErrorCode::protocol,
                         "its answer is larger than " + std::to_string(kLargestAnswer >> 10U) + " KiB");
        if (message == nullptr || message->msg != CURLMSG_DONE)
            throw failed(ErrorCode::network, "the connection ended without an answer");
        if (message->data.result != CURLE_OK) {
            const std::string text = error_[0] != '\0' ? error_ : curl_.easy_strerror(message->data.result);
            throw failed(error_code_of(message->data.result), base::printable(text));
        }
        FormAnswer answer;
        curl_.easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
        refuse_redirect(answer.status);
        answer.body = base::Secret(received_.body);
        return answer;
    }

    // Whoever follows hands the form's secrets to another address (RFC 9700 §4.12).
    void refuse_redirect(long status) const {
        if (status < 300 || status > 399) return;
        char* target = nullptr;
        curl_.easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
        throw failed(ErrorCode::protocol, "it redirects to '" + place_of(target == nullptr ? "" : target) +
                                              "', which is not followed; write the right address");
    }

    Error failed(ErrorCode code, const std::string& what) const {
        return {Severity::repository, code, "Request to " + place_ + " failed: " + what};
    }

    const Curl& curl_;
    std::string place_;
    Received received_;
    char error_[CURL_ERROR_SIZE] = {};
    std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers_{nullptr, curl_.slist_free_all};
    std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> easy_;
    std::unique_ptr<CURLM, decltype(&::curl_multi_cleanup)> multi_;
};

}  // namespace

FormAnswer post_form(const FormPost& post, const std::stop_token& stop) {
    require_https(post.url);
    return Transfer(post).run(post.limit, stop);
}

std::string form_escaped(std::string_view text) {
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string escaped;
    escaped.reserve(text.size() * 3);
    for (const char byte : text) {
        if (kUnreserved.find(byte) != std::string_view::npos) {
            escaped += byte;
        } else {
            escaped += '%';
            for (const char digit : base::to_hex({&byte, 1})) escaped += base::ascii_upper(digit);
        }
    }
    return escaped;
}

}  // namespace offlineimap::net
