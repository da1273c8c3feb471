#include "wallet/deposit_addresses.hpp"

#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"

namespace settled::wallet {
namespace {

constexpr std::uint8_t kAccountDepth = 3;
constexpr std::size_t kIdBytes = 8;

}  // namespace

Result<DepositAddresses> DepositAddresses::from_xpub(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  if (text.starts_with("xprv")) {
    return fail(Errc::Invalid, "invalid_extended_key",
                "this is a private key (xprv): deposit addresses need the account's xpub");
  }
  TRY(const ExtendedPublicKey account, ExtendedPublicKey::parse(text));
  const KeyPosition& position = account.position();
  if (position.depth != kAccountDepth || position.child_number < kHardened) {
    return fail(Errc::Invalid, "invalid_extended_key",
                "deposit addresses need an account key (m/44'/60'/0'), this one has depth " +
                    std::to_string(position.depth));
  }
  TRY(const ExtendedPublicKey external, account.derive(0));
  const Hash256 hash = sha256(as_bytes(account.xpub()));
  return DepositAddresses(external, to_hex(hash.view().first(kIdBytes)));
}

Result<chains::evm::Address> DepositAddresses::address(std::uint32_t index) const {
  TRY(const PublicKey key, external_.derive_key(index));
  return key.address();
}

}  // namespace settled::wallet
