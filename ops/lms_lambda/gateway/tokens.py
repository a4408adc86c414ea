"""Tokens for a laptop: a key pair of the local server's own, and JWTs like those of the LMS. (auth.md 5)"""

import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "http://127.0.0.1/oauth2"
AUDIENCE = "lms-lambda-local"
LIFETIME = 3600
"""Seconds for which the LMS's access tokens are good by default."""


def key_file() -> Path:
    """Where the local server keeps its key pair: per user, outside of the project."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "lms-lambda" / "local-signing-key.pem"


def local_key() -> rsa.RSAPrivateKey:
    """The local server's private key, made at the first call."""
    return _read_or_make(key_file())


# Reading a key takes 60 ms: OpenSSL tries whether its factors are prime.
@cache
def _read_or_make(file: Path) -> rsa.RSAPrivateKey:
    if not file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        # Under a name of its own first: two commands that start at once must not read half a key.
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key. Delete it, and a new one is made.")
    return loaded


def public_jwk_set(key: rsa.RSAPrivateKey) -> str:
    """The value of JWT_PUBLIC_SIGNING_JWK_SET for a private key."""
    jwk = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return json.dumps({"keys": [{"kid": "local", "kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"]}]})


def claims(username: str, expires_in: int = LIFETIME, now: float | None = None) -> dict[str, Any]:
    """The claims of an access token as the LMS issues it."""
    issued = int(time.time() if now is None else now)
    return {
        "iss": os.environ.get("JWT_ISSUER") or ISSUER,
        "aud": os.environ.get("JWT_AUDIENCE") or AUDIENCE,
        "iat": issued,
        "exp": issued + expires_in,
        "preferred_username": username,
        "sub": "0" * 32,
        "scopes": ["email", "profile"],
        "version": "1.2.0",
        "filters": [],
        "is_restricted": False,
        "email_verified": True,
        "grant_type": "password",
    }


def local_token(username: str, expires_in: int = LIFETIME, now: float | None = None) -> str:
    """A token that the local server accepts: signed with JWT_SECRET_KEY where that is set, else with its own key.

    `now`: when it is issued, in seconds since the epoch, by the server's clock.
    """
    secret = os.environ.get("JWT_SECRET_KEY")
    if secret and not os.environ.get("JWT_PUBLIC_SIGNING_JWK_SET"):
        return jwt.encode(claims(username, expires_in, now), secret, algorithm="HS256")
    return jwt.encode(claims(username, expires_in, now), local_key(), algorithm="RS512")


def use_local_keys() -> bool:
    """Configure the local key pair where the environment has no JWT settings; whether that was so."""
    if os.environ.get("JWT_PUBLIC_SIGNING_JWK_SET") or os.environ.get("JWT_SECRET_KEY"):
        return False
    os.environ["JWT_PUBLIC_SIGNING_JWK_SET"] = public_jwk_set(local_key())
    os.environ.setdefault("JWT_ISSUER", ISSUER)
    os.environ.setdefault("JWT_AUDIENCE", AUDIENCE)
    return True
