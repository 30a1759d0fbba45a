"""What of tests/integration is not run with a server other than Dovecot with Maildirs, and why. tests/lint/exclusions.py
checks that all of it exists and that nothing else is left out.

{server: {"file_test.py", "file_test.py:Class" or "file_test.py:Class.test_method": reason}}
"""

_SCREEN = "shows terminals and lines, of which the server has no part"
_OWN_SERVER = "brings the server that it needs itself"
_WAY = "shows ways to a server and logins there, not what it does with mail"
_STEPS = "the same steps as with Dovecot and Maildirs; KilledAtAnyTime kills at any of them"
_MAILDIR = "puts a file into the server's Maildir"
_NAMES = "Cyrus refuses some of the names"

_EVERYWHERE = {
    "blinkenlights_test.py": _SCREEN,
    "terminal_test.py": _SCREEN,
    "system_test.py": "is about files of this machine (/dev/log, /etc/netrc)",
    "certificate_login_test.py": _OWN_SERVER,
    "kerberos_test.py": _OWN_SERVER,
    "network_test.py": _WAY,
    "oauth2_test.py": _OWN_SERVER,
    "passwords_test.py": _WAY,
    "protocols_test.py": _OWN_SERVER,
    "proxy_test.py": _WAY,
    "throttling_test.py": "the limit is one of Dovecot's settings",
    "tls_test.py": _WAY,
    "tunnels_test.py": _WAY,
    "interrupted_test.py:KilledAtEveryStep": _STEPS,
}

EXCLUSIONS = {
    "mdbox": {
        **_EVERYWHERE,
        "sync_test.py:Bodies.test_every_byte_is_pulled_unchanged": _MAILDIR,
        "sync_test.py:Bodies.test_lone_line_feeds_on_the_server_come_as_it_sends_them": _MAILDIR,
        "options_test.py:WhichMessages.test_a_read_only_folder_is_warned_about": _MAILDIR,
        "options_test.py:WhichMessages.test_the_warnings_of_a_read_only_folder_can_be_silenced": _MAILDIR,
    },
    "cyrus": {
        **_EVERYWHERE,
        "login_test.py": "the test's Cyrus asks a password daemon, which can do PLAIN only",
        "sync_test.py:Bodies.test_every_byte_is_pulled_unchanged": _MAILDIR,
        "sync_test.py:Bodies.test_lone_line_feeds_on_the_server_come_as_it_sends_them": _MAILDIR,
        "sync_test.py:BothDirections.test_every_login_is_within_tls": "reads Dovecot's log",
        "modes_test.py:DeleteFolder.test_deletes_a_folder_of_the_server_and_nothing_else":
            "Cyrus shows the parent of a deleted folder as a folder",
        "modes_test.py:DeleteFolder.test_failure_is_told_with_the_servers_words_and_ends_with_status_1":
            "the words are Dovecot's",
        "folders_test.py:Folders.test_a_name_with_the_local_separator_never_mixes_with_the_one_that_translates_to_it":
            _NAMES,
        "folders_test.py:Folders.test_names_beyond_ascii_as_the_server_writes_them": _NAMES,
        "names_test.py:KeptApart.test_names_that_differ_in_case_only": "Cyrus holds them for one name",
        "names_test.py:OnTheWire.test_awkward_names_are_those_folders_and_no_others": _NAMES,
        "names_test.py:OnTheWire.test_awkward_names_can_be_asked_for_on_the_command_line": _NAMES,
        "safety_test.py:Losses.test_a_full_quota_stops_the_account": "the quota is one of Dovecot's settings",
        "options_test.py:WhichMessages.test_a_read_only_folder_is_warned_about": "the rights are a file of Dovecot's",
        "options_test.py:WhichMessages.test_the_warnings_of_a_read_only_folder_can_be_silenced":
            "the rights are a file of Dovecot's",
        "options_test.py:Mbnames.test_names_with_signs_of_the_mail_reader_are_escaped_between_quotes": _NAMES,
        "options_test.py:Mbnames.test_without_quotes_such_names_are_left_out": _NAMES,
        "options_test.py:WhichFolders.test_a_reference_and_an_include_outside_of_it":
            "Cyrus lists the reference's own folder too",
    },
}


def leaves_out(server, file, test_class, method):
    left_out = EXCLUSIONS.get(server, {})
    return f"{file}:{test_class}" in left_out or f"{file}:{test_class}.{method}" in left_out
