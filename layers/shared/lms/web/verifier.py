"""Signatures of JWTs: the configured keys, and which algorithm each may be used with. (auth.md 3, 6)"""

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode, base64url_encode

from lms.domain.errors import AuthenticationError
from lms.domain.tokens import INVALID

if TYPE_CHECKING:
    from jwt.types import Options

_MAX_TOKEN = 8_192
"""Characters; a longer token is refused unread."""
_MIN_KEY_BITS = 2_048
_RSA_ALGORITHMS = ("RS256", "RS512")
_SECRET_ALGORITHM = "HS256"  # noqa: S105 - an algorithm's name
# Claims are `lms.domain.tokens`' business, with the request's clock; only the signature is checked here.
_SIGNATURE_ONLY: "Options" = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class KeysMissingError(Exception):
    """The settings name no key, issuer or audience, or cannot be read: no token can be trusted."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """The keys of a deployment, and whose tokens they vouch for."""

    public_keys: tuple[Any, ...]
    secret: str
    issuer: str
    audience: str

    def verified_claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that one of the keys signed. Raises AuthenticationError.

        The algorithm decides which keys are tried, so that a public key never serves as a secret. What the token says
        of keys (`kid`, `jku`, `x5u`, `jwk`) is ignored.
        """
        if len(token) > _MAX_TOKEN or not _is_canonical_base64url(token):
            raise AuthenticationError(INVALID)
        try:
            algorithm: Any = jwt.get_unverified_header(token).get("alg")
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise AuthenticationError(INVALID) from None
        keys: tuple[Any, ...] = ()
        if algorithm in _RSA_ALGORITHMS:
            keys = self.public_keys
        elif algorithm == _SECRET_ALGORITHM and self.secret:
            keys = (self.secret,)
        for key in keys:
            try:
                claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=_SIGNATURE_ONLY)
                return claims
            except (jwt.PyJWTError, ValueError, RecursionError):
                continue
        raise AuthenticationError(INVALID)


def _is_canonical_base64url(token: str) -> bool:
    """Whether the signature is spelled in the one way that its bytes have: a decoder skips letters that are none."""
    signature = token.rpartition(".")[2]
    try:
        return base64url_encode(base64url_decode(signature)).decode() == signature
    except ValueError:
        return False


@cache
def verifier() -> Verifier:
    """The verifier that the environment configures. Raises KeysMissingError."""
    try:
        keys = _public_keys(os.environ.get("JWT_PUBLIC_SIGNING_JWK_SET") or '{"keys": []}')
    except (ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError):
        raise KeysMissingError(
            "JWT_PUBLIC_SIGNING_JWK_SET is not a JSON Web Key Set of public RSA keys of 2,048 bits or more."
        ) from None
    found = Verifier(
        keys,
        os.environ.get("JWT_SECRET_KEY", ""),
        os.environ.get("JWT_ISSUER", ""),
        os.environ.get("JWT_AUDIENCE", ""),
    )
    if found.secret and not _is_usable(found.secret):
        raise KeysMissingError(
            "JWT_SECRET_KEY is no secret: it has blanks around it, or is itself a key of another kind."
        )
    if not found.public_keys and not found.secret:
        raise KeysMissingError("Neither JWT_PUBLIC_SIGNING_JWK_SET nor JWT_SECRET_KEY holds a key.")
    if not found.issuer or not found.audience:
        raise KeysMissingError("JWT_ISSUER and JWT_AUDIENCE must both be set.")
    return found


def _public_keys(jwk_set: str) -> tuple[Any, ...]:
    jwks = json.loads(jwk_set)["keys"]
    if any("d" in jwk for jwk in jwks):
        raise ValueError("a private key, which is none of ours to know")
    keys = tuple(RSAAlgorithm(RSAAlgorithm.SHA256).from_jwk(jwk) for jwk in jwks)
    if any(key.key_size < _MIN_KEY_BITS for key in keys):
        raise ValueError("a key that was cut off, or that can be guessed")
    return keys


def _is_usable(secret: str) -> bool:
    """Whether PyJWT takes the text as a secret: not what looks like a public key, which it would refuse each time."""
    try:
        HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
    except jwt.InvalidKeyError:
        return False
    return secret == secret.strip()
