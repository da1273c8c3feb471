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

TEST_CASE("hex of every length, with every byte at every place") {
  const std::string_view digits = "0123456789abcdefABCDEF";
  for (std::size_t size = 0; size <= 70; ++size) {
    settled::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + size);
    const std::string text = settled::to_hex(bytes);
    REQUIRE(settled::from_hex(text) == bytes);
    for (std::size_t place = 0; place < text.size(); ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = text;
        changed[place] = static_cast<char>(c);
        const bool is_digit = digits.find(static_cast<char>(c)) != std::string_view::npos;
        // An x behind a leading zero makes a prefix of them: an even number of digits is left.
        const bool is_prefix = place == 1 && text[0] == '0' && (c == 'x' || c == 'X');
        if (settled::from_hex(changed).has_value() != (is_digit || is_prefix)) {
          FAIL(size << " bytes, place " << place << ", character " << c);
        }
      }
    }
  }
  CHECK(settled::to_hex(*settled::from_hex("0123456789ABCDEFabcdef0123456789AbCdEf00")) ==
        "0123456789abcdefabcdef0123456789abcdef00");
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
