#include "resolver.hpp"

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <string>
#include <thread>
#include <utility>

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

struct Query {
    std::string host;
    std::string port;
    int family;
    int flags;
};

int family_of(Family family) {
    switch (family) {
        case Family::any:
            return AF_UNSPEC;
        case Family::ipv4:
            return AF_INET;
        case Family::ipv6:
            return AF_INET6;
    }
    return AF_UNSPEC;
}

// Empty if there is no answer, for whatever reason.
std::vector<Address> look_up(const Query& query) {
    addrinfo hints{};
    hints.ai_family = query.family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = query.flags | AI_NUMERICSERV;
    addrinfo* first = nullptr;
    if (::getaddrinfo(query.host.c_str(), query.port.c_str(), &hints, &first) != 0) return {};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(first, &::freeaddrinfo);
    std::vector<Address> addresses;
    for (const addrinfo* info = first; info != nullptr; info = info->ai_next) {
        Address address;
        std::memcpy(&address.bytes, info->ai_addr, info->ai_addrlen);
        address.size = info->ai_addrlen;
        addresses.push_back(address);
    }
    return addresses;
}

// Shared by the one who asks and the thread that looks up, whichever goes last.
struct Lookup {
    std::mutex answer_mutex_;  // guards answered, addresses
    std::condition_variable_any answer_came;
    bool answered = false;
    std::vector<Address> addresses;
};

// getaddrinfo() cannot be interrupted and takes many seconds when a name server is silent. So it gets a
// thread that nobody waits for: a late answer goes to a Lookup that nobody looks at any more.
std::shared_ptr<Lookup> start_lookup(Query query) {
    auto lookup = std::make_shared<Lookup>();
    std::thread([lookup, query = std::move(query)] {
        std::vector<Address> addresses = look_up(query);
        const std::lock_guard lock(lookup->answer_mutex_);
        lookup->addresses = std::move(addresses);
        lookup->answered = true;
        lookup->answer_came.notify_all();
    }).detach();
    return lookup;
}

std::vector<Address> wait_for(Lookup& lookup, base::Deadline deadline, const std::stop_token& stop) {
    std::unique_lock lock(lookup.answer_mutex_);
    const auto answered = [&] { return lookup.answered; };
    if (deadline.is_never())
        lookup.answer_came.wait(lock, stop, answered);
    else
        lookup.answer_came.wait_until(lock, stop, deadline.when(), answered);
    if (stop.stop_requested()) throw base::Cancelled();
    return lookup.addresses;
}

}  // namespace

std::vector<Address> resolve(const Endpoint& endpoint, const std::string& repository, base::Deadline deadline,
                             const std::stop_token& stop) {
    Query query{ascii_host_name(endpoint.host), std::to_string(endpoint.port), family_of(endpoint.family),
                AI_NUMERICHOST};
    std::vector<Address> addresses = look_up(query);
    if (addresses.empty()) {
        query.flags = 0;
        addresses = wait_for(*start_lookup(std::move(query)), deadline, stop);
    }
    if (addresses.empty())
        throw Error(
            Severity::repository, ErrorCode::network,
            "Could not resolve name '" + endpoint.host + "' for repository '" + repository +
                "'. Make sure you have configured the server name correctly and that you are online.");
    return addresses;
}

}  // namespace offlineimap::net
