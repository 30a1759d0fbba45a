// Certificates for tests: made on the spot, with a key pair each, written as PEM files into a directory of
// the test's.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace offlineimap::support {

struct CertificateRequest {
    std::string common_name;
    std::vector<std::string> dns_names;  // subjectAltName; any bytes
    std::vector<std::string> addresses;  // subjectAltName, "127.0.0.1" or "::1"
    int first_day = -1;                  // of its validity, from today
    int last_day = 30;
    std::string extended_key_usage = "serverAuth";
    int last_second = 0;  // from now; 0: of the last day
};

struct CertificateFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::string der;  // of the certificate
};

class CertificateAuthority {
  public:
    // Writes `<name>.pem` into the directory.
    CertificateAuthority(std::filesystem::path directory, const std::string& name);
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;
    ~CertificateAuthority();

    const std::filesystem::path& file() const noexcept { return file_; }
    // Writes `<name>.pem` and `<name>.key`.
    CertificateFiles issue(const std::string& name, const CertificateRequest& request) const;

  private:
    struct Identity;
    std::filesystem::path directory_;
    std::filesystem::path file_;
    std::unique_ptr<Identity> identity_;
};

// A server's certificate that nobody but itself vouches for.
CertificateFiles make_self_signed(const std::filesystem::path& directory, const std::string& name,
                                  const CertificateRequest& request);

}  // namespace offlineimap::support
