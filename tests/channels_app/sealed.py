"""WeChat's side of sealed messages, made with wechatpy where the vectors of the reference do not serve."""

from __future__ import annotations

import time

from wechatpy.crypto import PrpCrypto
from wechatpy.utils import to_binary

from channels_app.connectors.wechat_crypto import aes_key

TOKEN = "wx_token"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_KEY = AES_KEY[::-1][:42] + "A"


def seal(xml: str, receiver: str, key: str = AES_KEY) -> str:
    """What the provider puts into <Encrypt>."""
    return PrpCrypto(aes_key(key)).encrypt(xml, receiver).decode()


def body(sealed: str) -> bytes:
    return to_binary(f"<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>")


def query(**signed: str) -> str:
    return "&".join(f"{name}={value}" for name, value in signed.items())


def stamp() -> str:
    return str(int(time.time()))
