#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"

/// Signed notes (C2SP signed-note, golang.org/x/mod/sumdb/note) with Ed25519 (RFC 8032) by OpenSSL:
/// a text that ends with a line feed, an empty line, and one line
/// `— <name> <base64(key id || signature)>`. Thread-safe.
namespace settled::proof {

using PublicKey = FixedBytes<32, struct Ed25519PublicKeyTag>;
using Signature = FixedBytes<64, struct Ed25519SignatureTag>;
using KeyId = FixedBytes<4, struct NoteKeyIdTag>;

/// Allowed in a key's name: 1 to 128 printable ASCII characters but space and '+'.
bool is_key_name(std::string_view name);

/// True if it is that key's signature of `message`.
bool verify_ed25519(const PublicKey& key, BytesView message, const Signature& signature);

/// A public key with the name under which it signs.
struct VerifierKey {
  std::string name;
  PublicKey key;

  /// The first four bytes of SHA-256(name || 0x0A || 0x01 || key).
  KeyId id() const;
  /// `<name>+<id in hex>+<base64(0x01 || key)>`.
  std::string text() const;
  /// Accepts what `text` gives and nothing else. Error: Invalid `invalid_verifier_key`.
  static Result<VerifierKey> parse(std::string_view text);

  bool operator==(const VerifierKey&) const = default;
};

/// A private key. It is wiped when it goes; nothing prints it but `secret_text`.
class SigningKey {
 public:
  static constexpr std::size_t kSeedBytes = 32;

  /// REQUIRES: is_key_name(name).
  static SigningKey generate(std::string name, Random& random);
  /// `PRIVATE+KEY+<name>+<id in hex>+<base64(0x01 || seed)>`, as golang.org/x/mod/sumdb/note has
  /// it. Error: Invalid `invalid_signing_key`.
  static Result<SigningKey> parse(std::string_view text);

  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&&) = delete;
  ~SigningKey();

  const VerifierKey& verifier() const { return verifier_; }
  Signature sign(BytesView message) const;
  /// For the key file alone.
  std::string secret_text() const;

 private:
  using Seed = std::array<std::uint8_t, kSeedBytes>;
  SigningKey(std::string name, const Seed& seed);

  Seed seed_;
  VerifierKey verifier_;
};

/// A note with one signature, taken apart but not verified.
struct Note {
  std::string text;  ///< with its last line feed: what is signed
  std::string name;  ///< of the key, as the signature line says
  KeyId key_id;
  Signature signature;

  /// Accepts what `sign_note` gives and nothing else. Error: Invalid `invalid_note`.
  static Result<Note> parse(std::string_view bytes);
  std::string bytes() const;
  /// Errors: Rejected `unknown_key` where another key signed, `bad_signature`.
  Status verify(const VerifierKey& key) const;
};

/// REQUIRES: `text` is not empty, ends with a line feed and has no empty line at its end.
std::string sign_note(std::string text, const SigningKey& key);

}  // namespace settled::proof
