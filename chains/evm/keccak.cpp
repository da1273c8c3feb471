#include "chains/evm/keccak.hpp"

#include <cryptopp/keccak.h>

namespace settled::chains::evm {

Hash keccak256(BytesView bytes) {
  return keccak256({bytes});
}

Hash keccak256(std::initializer_list<BytesView> pieces) {
  CryptoPP::Keccak_256 keccak;
  static_assert(CryptoPP::Keccak_256::DIGESTSIZE == Hash::kSize);
  for (const BytesView piece : pieces) keccak.Update(piece.data(), piece.size());
  Hash out;
  keccak.Final(out.bytes.data());
  return out;
}

}  // namespace settled::chains::evm
