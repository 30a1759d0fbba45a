#include "known_options.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace offlineimap::config {

namespace {

constexpr KnownOption kOptions[] = {
    {"accounts", Place::general},
    {"metadata", Place::general},
    {"maxsyncaccounts", Place::general},
    {"ui", Place::general},
    {"ignore-readonly", Place::general},
    {"pythonfile", Place::general},
    {"socktimeout", Place::general},
    {"fsync", Place::general},
    {"dry-run", Place::general},
    {"ignore-keyring", Place::general},
    {"update-keyring", Place::general},
    {"filename_use_mail_timestamp", Place::general},
    {"utime_from_header", Place::general},

    {"localrepository", Place::account},
    {"remoterepository", Place::account},
    {"autorefresh", Place::account},
    {"quick", Place::account},
    {"presynchook", Place::account},
    {"postsynchook", Place::account},
    {"hooktimeout", Place::account},
    {"maxsize", Place::account},
    {"maxage", Place::account},
    {"maildir-windows-compatible", Place::account},
    {"synclabels", Place::account},
    {"labelsheader", Place::account},
    {"ignorelabels", Place::account},
    {"filterheaders", Place::account},
    {"proxy", Place::account},
    {"authproxy", Place::account},
    {"utf8foldernames", Place::account},
    {"status_backend", Place::account},

    {"type", Place::repository},
    {"nametrans", Place::repository},
    {"folderfilter", Place::repository},
    {"folderincludes", Place::repository},
    {"foldersort", Place::repository},
    {"dynamic_folderfilter", Place::repository},
    {"createfolders", Place::repository},
    {"readonly", Place::repository},
    {"sync_deletes", Place::repository},
    {"startdate", Place::repository},

    {"localfolders", Place::maildir_repository},
    {"sep", Place::maildir_repository},
    {"restoreatime", Place::maildir_repository},
    {"utime_from_header", Place::maildir_repository},
    {"filename_use_mail_timestamp", Place::maildir_repository},
    {"customflag_a", Place::maildir_repository},
    {"customflag_b", Place::maildir_repository},
    {"customflag_c", Place::maildir_repository},
    {"customflag_d", Place::maildir_repository},
    {"customflag_e", Place::maildir_repository},
    {"customflag_f", Place::maildir_repository},
    {"customflag_g", Place::maildir_repository},
    {"customflag_h", Place::maildir_repository},
    {"customflag_i", Place::maildir_repository},
    {"customflag_j", Place::maildir_repository},
    {"customflag_k", Place::maildir_repository},
    {"customflag_l", Place::maildir_repository},
    {"customflag_m", Place::maildir_repository},
    {"customflag_n", Place::maildir_repository},
    {"customflag_o", Place::maildir_repository},
    {"customflag_p", Place::maildir_repository},
    {"customflag_q", Place::maildir_repository},
    {"customflag_r", Place::maildir_repository},
    {"customflag_s", Place::maildir_repository},
    {"customflag_t", Place::maildir_repository},
    {"customflag_u", Place::maildir_repository},
    {"customflag_v", Place::maildir_repository},
    {"customflag_w", Place::maildir_repository},
    {"customflag_x", Place::maildir_repository},
    {"customflag_y", Place::maildir_repository},
    {"customflag_z", Place::maildir_repository},

    {"remotehost", Place::imap_repository},
    {"remotehosteval", Place::imap_repository},
    {"remoteport", Place::imap_repository},
    {"remoteporteval", Place::imap_repository},
    {"ssl", Place::imap_repository},
    {"starttls", Place::imap_repository},
    {"sslclientcert", Place::imap_repository},
    {"sslclientkey", Place::imap_repository},
    {"sslcacertfile", Place::imap_repository},
    {"cert_fingerprint", Place::imap_repository},
    {"ssl_version", Place::imap_repository},
    {"tls_level", Place::imap_repository},
    {"ipv6", Place::imap_repository},
    {"remoteuser", Place::imap_repository},
    {"remoteusereval", Place::imap_repository},
    {"remote_identity", Place::imap_repository},
    {"auth_mechanisms", Place::imap_repository},
    {"remotepass", Place::imap_repository},
    {"remotepassfile", Place::imap_repository},
    {"remotepasscmd", Place::imap_repository},
    {"remotepasseval", Place::imap_repository},
    {"oauth2_client_id", Place::imap_repository},
    {"oauth2_client_id_eval", Place::imap_repository},
    {"oauth2_client_secret", Place::imap_repository},
    {"oauth2_client_secret_eval", Place::imap_repository},
    {"oauth2_access_token", Place::imap_repository},
    {"oauth2_access_token_eval", Place::imap_repository},
    {"oauth2_refresh_token", Place::imap_repository},
    {"oauth2_refresh_token_eval", Place::imap_repository},
    {"oauth2_request_url", Place::imap_repository},
    {"oauth2_access_token_file", Place::imap_repository},
    {"oauth2_access_token_command", Place::imap_repository},
    {"oauth2_refresh_token_file", Place::imap_repository},
    {"oauth2_authorize_url", Place::imap_repository},
    {"oauth2_device_url", Place::imap_repository},
    {"oauth2_scope", Place::imap_repository},
    {"oauth2_flow", Place::imap_repository},
    {"preauthtunnel", Place::imap_repository},
    {"transporttunnel", Place::imap_repository},
    {"reference", Place::imap_repository},
    {"subscribedonly", Place::imap_repository},
    {"maxconnections", Place::imap_repository},
    {"singlethreadperfolder", Place::imap_repository},
    {"holdconnectionopen", Place::imap_repository},
    {"keepalive", Place::imap_repository},
    {"idlefolders", Place::imap_repository},
    {"expunge", Place::imap_repository},
    {"usecompression", Place::imap_repository},
    {"decodefoldernames", Place::imap_repository},
    {"retrycount", Place::imap_repository},
    {"copy_ignore_eval", Place::imap_repository},
    {"newmail_hook", Place::imap_repository},
    {"trashfolder", Place::imap_repository},
    {"spamfolder", Place::imap_repository},
    // Read nowhere, but answered by a notice of its own (the separator is the server's).
    {"sep", Place::imap_repository},

    {"enabled", Place::mbnames},
    {"filename", Place::mbnames},
    {"header", Place::mbnames},
    {"peritem", Place::mbnames},
    {"sep", Place::mbnames},
    {"footer", Place::mbnames},
    {"folderfilter", Place::mbnames},
    {"sort_keyfunc", Place::mbnames},
    {"incremental", Place::mbnames},
};

}  // namespace

std::span<const KnownOption> known_options() {
    return kOptions;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);  // distances from a's prefix to every prefix of b
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace offlineimap::config
