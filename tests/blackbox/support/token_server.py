"""A small OAuth 2 server over HTTPS on loopback: tokens, device codes, the login page's redirect, and what a mail server
asks to check a token (introspection). It keeps every form that it was sent; a test replaces single answers.

    server.answer("/token", lambda request: (200, {"error": "invalid_grant"}))
"""

import base64
import contextlib
import hashlib
import http.server
import itertools
import json
import ssl
import threading
import time
import urllib.parse


class Request:
    def __init__(self, path, form):
        self.path = path
        self.form = form  # {name: value}
        self.time = time.monotonic()

    def __repr__(self):
        return f"<{self.path} {self.form}>"


class Raw:
    """An answer that is no JSON: bytes, with further header fields."""

    def __init__(self, body, **fields):
        self.body = body
        self.fields = {name.replace("_", "-"): value for name, value in fields.items()}


class TokenServer:
    host = "localhost"

    def __init__(self, certificate, key, client_id="the-client", client_secret="the-client-secret"):
        self.client_id = client_id
        self.client_secret = client_secret
        self.lifetime = 3600
        self.rotates = False
        self.is_strict = False  # a refresh token that was replaced is good for nothing at once
        self.active = True  # whether mail servers are told that tokens are good
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._requests = []
        self._answers = {}
        self._access = {}     # token: user
        self._refresh = {}    # token: user
        self._successors = {}  # refresh token: the one that it was replaced by, until that one is used
        self._codes = {}      # code: (user, challenge, redirect)
        self._devices = {}    # device code: what polling is answered: a user, or an error
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = _Server(self, context)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path="/token", host=None):
        return f"https://{host or self.host}:{self.port}{path}"

    # -- what a test says and sees --

    def answer(self, path, function):
        """`function(request)` gives (status, dictionary or Raw); None: the usual answer again."""
        with self._changed:
            self._answers[path] = function

    def requests(self, path=None):
        with self._changed:
            return [request for request in self._requests if path in (None, request.path)]

    def forget_requests(self):
        with self._changed:
            self._requests.clear()

    def wait_for_request(self, path, count=1, timeout=60):
        limit = time.monotonic() + timeout
        with self._changed:
            while sum(request.path == path for request in self._requests) < count:
                left = limit - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{path} was not asked for {count} times: {self._requests}")
                self._changed.wait(left)

    def access_token(self, user):
        """A new one, good for `user`."""
        token = f"access-{next(self._numbers)}.{user}.Zm9vYmFy"
        self._access[token] = user
        return token

    def refresh_token(self, user):
        token = f"refresh-{next(self._numbers)}.{user}.c2VjcmV0"
        self._refresh[token] = user
        return token

    def is_good(self, refresh_token):
        with self._changed:
            return refresh_token in self._refresh

    def settle(self, device_code, outcome):
        """What polling for a device code gets from now on: a user's name in a list, or an error."""
        with self._changed:
            self._devices[device_code] = outcome

    def device_code(self):
        """The last one that was given."""
        with self._changed:
            return list(self._devices)[-1]

    # -- answers --

    def handle(self, request):
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            special = self._answers.get(request.path)
        if special is not None:
            return special(request)
        with self._changed:
            return {"/token": self._token, "/device": self._device, "/introspect": self._introspect,
                    "/authorize": self._authorize}.get(request.path, self._unknown)(request.form)

    @staticmethod
    def _unknown(_form):
        return 404, Raw(b"<html>there is nothing here</html>")

    def _token(self, form):
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return 401, {"error": "invalid_client"}
        return {"refresh_token": self._by_refresh_token, "authorization_code": self._by_code,
                "urn:ietf:params:oauth:grant-type:device_code": self._by_device}[form["grant_type"]](form)

    def _grant(self, user, **more):
        return 200, {"access_token": self.access_token(user), "token_type": "Bearer", "expires_in": self.lifetime, **more}

    def _by_refresh_token(self, form):
        token = form["refresh_token"]
        user = self._refresh.get(token)
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": f"{token} is not known"}
        # The first use of a new token is what ends the one before it.
        for former in [old for old, new in self._successors.items() if new == token]:
            del self._successors[former]
            self._refresh.pop(former, None)
        if not self.rotates:
            return self._grant(user)
        new = self.refresh_token(user)
        self._successors[token] = new
        if self.is_strict:
            del self._refresh[token]
        return self._grant(user, refresh_token=new)

    def _by_code(self, form):
        user, challenge, redirect = self._codes.pop(form["code"], (None, None, None))
        made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if user is None or challenge != made or redirect != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return self._grant(user, refresh_token=self.refresh_token(user))

    def _by_device(self, form):
        outcome = self._devices[form["device_code"]]
        if isinstance(outcome, list):
            return self._grant(outcome[0], refresh_token=self.refresh_token(outcome[0]))
        return 400, {"error": outcome}

    def _device(self, form):
        if form.get("client_id") != self.client_id:
            return 401, {"error": "invalid_client"}
        code = f"device-{next(self._numbers)}"
        self._devices[code] = "authorization_pending"
        return 200, {"device_code": code, "user_code": "WDJB-MJHT", "verification_uri": self.url("/go"), "expires_in": 600,
                     "interval": 1}

    def _authorize(self, form):
        """The login page, at which everybody who is named logs in: sends the browser back."""
        if form["client_id"] != self.client_id or form["code_challenge_method"] != "S256":
            return 400, Raw(b"no")
        code = f"code-{next(self._numbers)}"
        self._codes[code] = (form["login_hint"], form["code_challenge"], form["redirect_uri"])
        back = urllib.parse.urlencode({"code": code, "state": form["state"]})
        return 302, Raw(b"", Location=f"{form['redirect_uri']}?{back}")

    def _introspect(self, form):
        user = self._access.get(form.get("token"))
        if user is None or not self.active:
            return 200, {"active": False}
        return 200, {"active": True, "username": user, "scope": "mail"}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tokens, context):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens = tokens
        self._context = context

    def finish_request(self, request, client_address):
        request.settimeout(60)
        # In the connection's own thread: nobody else waits for a handshake.
        with contextlib.suppress(OSError):
            with self._context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)

    def handle_error(self, request, client_address):
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        place = urllib.parse.urlsplit(self.path)
        self._answer(place.path, place.query)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer(urllib.parse.urlsplit(self.path).path, body)

    def _answer(self, path, form):
        status, answer = self.server.tokens.handle(Request(path, dict(urllib.parse.parse_qsl(form))))
        raw = answer if isinstance(answer, Raw) else Raw(json.dumps(answer).encode(), Content_Type="application/json")
        self.send_response(status)
        for name, value in raw.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw.body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(raw.body)
