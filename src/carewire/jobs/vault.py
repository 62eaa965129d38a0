"""Secrets at rest: job payloads that hold a code or a link are sealed with a key made from the deployment's secret."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Vault:
    """Authenticated encryption (Fernet: AES-128-CBC with HMAC-SHA256). A payload opens only under its job's name."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def _box(self, name: str) -> Fernet:
        key = hashlib.blake2b(name.encode(), key=hashlib.sha256(self._secret).digest(), digest_size=32).digest()
        return Fernet(base64.urlsafe_b64encode(key))

    def seal(self, name: str, payload: bytes) -> bytes:
        """Encrypt a payload of the job called `name`."""
        return self._box(name).encrypt(payload)

    def open(self, name: str, sealed: bytes) -> bytes:
        """Decrypt; raises `ValueError` when the secret or the name is another."""
        try:
            return self._box(name).decrypt(sealed)
        except InvalidToken as wrong:
            raise ValueError(f"the payload of job {name!r} does not open with this secret") from wrong
