#include "ledger/proof/note.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

namespace {

using namespace settled;
using proof::Note;
using proof::SigningKey;
using proof::VerifierKey;

// The example of golang.org/x/mod/sumdb/note.
const std::string kVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string kSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const std::string kText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const std::string kNote =
    kText +
    "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

}  // namespace

TEST_CASE("RFC 8032 signatures are made and accepted") {
  struct Vector {
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
  };
  const auto vector =
      GENERATE(Vector{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a3"
                      "3bacc61e39701"
                      "cf9b46bd25bf5f0595bbe24655141438e7a100b"},
               Vector{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15"
                      "996e458f3613d"
                      "0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
               Vector{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16"
                      "f290ae67f7609"
                      "84dc6594a7c15e9716ed28dc027beceea1ec40a"});
  const auto seed = *fixed_from_hex<Hash256>(vector.seed);
  class Fixed final : public Random {
   public:
    explicit Fixed(const Hash256& seed) : seed_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
      REQUIRE(out.size() == Hash256::kSize);
      std::ranges::copy(seed_.bytes, out.begin());
    }

   private:
    Hash256 seed_;
  } random(seed);
  const SigningKey key = SigningKey::generate("test", random);
  CHECK(to_hex(key.verifier().key.view()) == vector.key);
  const Bytes message = *from_hex(vector.message);
  CHECK(to_hex(key.sign(message).view()) == vector.signature);

  const auto signature = *fixed_from_hex<proof::Signature>(vector.signature);
  CHECK(proof::verify_ed25519(key.verifier().key, message, signature));
  for (std::size_t at = 0; at < proof::Signature::kSize; ++at) {
    auto wrong = signature;
    wrong.bytes.at(at) ^= 1;
    CHECK_FALSE(proof::verify_ed25519(key.verifier().key, message, wrong));
  }
  Bytes longer = message;
  longer.push_back(0);
  CHECK_FALSE(proof::verify_ed25519(key.verifier().key, longer, signature));
}

TEST_CASE("the note of golang.org/x/mod/sumdb/note is made byte for byte, and accepted") {
  const auto signer = SigningKey::parse(kSigner);
  const auto verifier = VerifierKey::parse(kVerifier);
  REQUIRE(signer);
  REQUIRE(verifier);
  CHECK(verifier->name == "PeterNeumann");
  CHECK(to_hex(verifier->id().view()) == "c74f20a3");
  CHECK(signer->verifier() == *verifier);
  CHECK(signer->secret_text() == kSigner);
  CHECK(verifier->text() == kVerifier);
  CHECK(proof::sign_note(kText, *signer) == kNote);
  const auto note = Note::parse(kNote);
  REQUIRE(note);
  CHECK(note->text == kText);
  CHECK(note->verify(*verifier));
}

TEST_CASE("a verifier key with any part missing or any byte changed is none") {
  CHECK(VerifierKey::parse("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"));
  for (std::size_t from = 0; from <= kVerifier.size(); ++from) {
    for (std::size_t to = from; to <= kVerifier.size(); ++to) {
      if (from == 0 && to == kVerifier.size()) continue;
      REQUIRE_FALSE(VerifierKey::parse(kVerifier.substr(from, to - from)));
    }
  }
  for (std::size_t at = 0; at < kVerifier.size(); ++at) {
    std::string wrong = kVerifier;
    ++wrong[at];
    const auto parsed = VerifierKey::parse(wrong);
    REQUIRE_FALSE(parsed);
    REQUIRE(parsed.error().reason == "invalid_verifier_key");
  }
  // Another length and another algorithm, with the key ids that fit them.
  CHECK_FALSE(VerifierKey::parse(
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="));
  CHECK_FALSE(
      VerifierKey::parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
}

TEST_CASE("a signing key is accepted as it is printed only") {
  for (std::size_t at = 0; at < kSigner.size(); ++at) {
    std::string wrong = kSigner;
    ++wrong[at];
    REQUIRE_FALSE(SigningKey::parse(wrong));
  }
  CHECK_FALSE(SigningKey::parse(kVerifier));
  CHECK_FALSE(SigningKey::parse(kSigner + "\n"));
  CHECK(SigningKey::parse("").error().reason == "invalid_signing_key");
}

TEST_CASE("every changed bit of a note is refused") {
  const auto key = *VerifierKey::parse(kVerifier);
  for (std::size_t at = 0; at < kNote.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string wrong = kNote;
      wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ (1U << bit));
      const auto note = Note::parse(wrong);
      REQUIRE_FALSE((note && note->verify(key)));
    }
  }
}

TEST_CASE("only what a note is printed as is one") {
  const std::string signature = kNote.substr(kText.size() + 1);
  const auto wrong = GENERATE_COPY(
      as<std::string>{}, "", "\n", kText, signature, "\n" + signature, kNote + "\n", kNote + " ",
      kText + signature, kText + "\n\n" + signature, kText + "\n" + signature + signature,
      kNote.substr(0, kNote.size() - 1), kText + "\n- " + signature.substr(4),
      kText + "\n\u2014  " + signature.substr(4), kText + "\n\u2014 A+B" + signature.substr(16),
      kText + "\n\u2014 PeterNeumann \n", kText + "\n\u2014 PeterNeumann eA==\n");
  const auto note = Note::parse(wrong);
  REQUIRE_FALSE(note);
  CHECK(note.error().code == Errc::Invalid);
  CHECK(note.error().reason == "invalid_note");
}

TEST_CASE("the signature of another key is named as such") {
  const auto other =
      *VerifierKey::parse("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop");
  const auto note = *Note::parse(kNote);
  CHECK(note.verify(other).error().reason == "unknown_key");
  Note edited = note;
  edited.text += "and more\n";
  CHECK(edited.verify(*VerifierKey::parse(kVerifier)).error().reason == "bad_signature");
}

TEST_CASE("names of keys") {
  CHECK(proof::is_key_name("pay.example.com/book"));
  CHECK(proof::is_key_name(std::string(128, 'a')));
  CHECK_FALSE(proof::is_key_name(std::string(129, 'a')));
  CHECK_FALSE(proof::is_key_name(""));
  CHECK_FALSE(proof::is_key_name("two words"));
  CHECK_FALSE(proof::is_key_name("a+b"));
  CHECK_FALSE(proof::is_key_name("line\n"));
  CHECK_FALSE(proof::is_key_name("\u2014"));
}
