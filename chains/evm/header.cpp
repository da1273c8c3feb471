#include "chains/evm/header.hpp"

#include "chains/evm/address.hpp"
#include "chains/evm/rlp.hpp"

namespace settled::chains::evm {
namespace {

constexpr std::size_t kNonceSize = 8;
constexpr std::size_t kFixedFields = 15;

std::unexpected<Error> invalid_header(const char* detail) {
  return fail(Errc::Invalid, "invalid_header", detail);
}

}  // namespace

Result<BlockHeader> decode_header(BytesView encoded) {
  if (encoded.size() > kMaxHeaderBytes) return invalid_header("it is too large");
  RlpReader whole(encoded);
  TRY(RlpReader fields, whole.list());
  TRY_OK(whole.finish());
  BlockHeader out;
  TRY(const BytesView parent, fields.bytes(BlockHash::kSize));
  out.parent = fixed_from<BlockHash>(parent);
  TRY_OK(fields.bytes(Hash::kSize));     // uncles
  TRY_OK(fields.bytes(Address::kSize));  // beneficiary
  TRY_OK(fields.bytes(Hash::kSize));     // state
  TRY(const BytesView transactions, fields.bytes(Hash::kSize));
  out.transactions_root = fixed_from<Hash>(transactions);
  TRY(const BytesView receipts, fields.bytes(Hash::kSize));
  out.receipts_root = fixed_from<Hash>(receipts);
  TRY(const BytesView bloom, fields.bytes(Bloom::kSize));
  out.logs_bloom = fixed_from<Bloom>(bloom);
  TRY_OK(fields.integer256());  // difficulty
  TRY(out.number, fields.integer64());
  TRY_OK(fields.integer64());  // gas limit
  TRY(out.gas_used, fields.integer64());
  TRY(out.timestamp, fields.integer64());
  TRY_OK(fields.bytes());             // extra data
  TRY_OK(fields.bytes(Hash::kSize));  // mix hash, randao
  TRY_OK(fields.bytes(kNonceSize));
  for (std::size_t count = kFixedFields; !fields.done(); ++count) {
    if (count == kMaxHeaderFields) return invalid_header("it has too many fields");
    TRY_OK(fields.bytes());
  }
  out.hash = fixed_from<BlockHash>(keccak256(encoded).view());
  return out;
}

}  // namespace settled::chains::evm
