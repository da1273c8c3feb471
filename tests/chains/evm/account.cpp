#include "tests/chains/evm/account.hpp"

#include <array>
#include <memory>

#include <catch2/catch.hpp>
#include <secp256k1.h>

#include "chains/evm/signature.hpp"

namespace settled::chains::evm::tests {

Address account_of(BytesView private_key) {
  const std::unique_ptr<secp256k1_context, decltype(&secp256k1_context_destroy)> context(
      secp256k1_context_create(SECP256K1_CONTEXT_NONE), &secp256k1_context_destroy);
  REQUIRE(private_key.size() == 32);
  secp256k1_pubkey key;
  REQUIRE(secp256k1_ec_pubkey_create(context.get(), &key, private_key.data()) == 1);
  std::array<std::uint8_t, 65> out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(context.get(), out.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  return address_of(fixed_from<PublicKey>(BytesView(out).subspan(1)));
}

}  // namespace settled::chains::evm::tests
