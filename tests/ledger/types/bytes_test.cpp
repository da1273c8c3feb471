#include <catch2/catch.hpp>

#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"

using settled::as_bytes;
using settled::as_text;

TEST_CASE("hex goes both ways, in either case, with or without 0x") {
  CHECK(settled::to_0x(*settled::from_hex("0xDEADbeef")) == "0xdeadbeef");
  CHECK(settled::from_hex("")->empty());
  for (const char* text : {"0x1", "xyz0", "0xg0", "12 4"}) {
    CAPTURE(text);
    CHECK(settled::from_hex(text).error().reason == "invalid_hex");
  }
  CHECK_FALSE(settled::fixed_from_hex<settled::Hash256>("0x00").has_value());
}

TEST_CASE("SHA-256 of the FIPS 180-4 examples") {
  CHECK(settled::to_hex(settled::sha256(as_bytes("abc")).view()) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(settled::sha256({as_bytes("a"), as_bytes("bc")}) == settled::sha256(as_bytes("abc")));
}

TEST_CASE("HMAC-SHA256 of RFC 4231, case 2") {
  CHECK(settled::to_hex(
            settled::hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))
                .view()) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("base 64 of the RFC 4648 examples") {
  CHECK(settled::to_base64(as_bytes("foob")) == "Zm9vYg==");
  CHECK(settled::to_base64url(as_bytes("foob")) == "Zm9vYg");
  CHECK(as_text(*settled::from_base64("Zm9vYmE=")) == "fooba");
  CHECK(as_text(*settled::from_base64("Zm9vYmFy")) == "foobar");
  CHECK_FALSE(settled::from_base64("Zm9").has_value());
  CHECK_FALSE(settled::from_base64("Zm9*").has_value());
}

TEST_CASE("constant-time comparison still compares") {
  CHECK(settled::equal_constant_time("abc", "abc"));
  CHECK_FALSE(settled::equal_constant_time("abc", "abd"));
  CHECK_FALSE(settled::equal_constant_time("abc", "ab"));
}
