#include "chains/evm/transaction.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "chains/evm/rlp.hpp"

namespace settled::chains::evm {
namespace {

constexpr std::uint64_t kV = 27;        // of a legacy signature that names no chain
constexpr std::uint64_t kEip155V = 35;  // and of one for chain 0, which does not exist

std::unexpected<Error> invalid_transaction(const char* detail) {
  return fail(Errc::Invalid, "invalid_transaction", detail);
}

bool is_legacy(const Transaction& transaction) {
  return transaction.kind == TransactionKind::Legacy;
}

void require_encodable(const Transaction& transaction) {
  if (!is_legacy(transaction)) {
    INVARIANT(transaction.chain_id.has_value());
  } else if (transaction.chain_id) {
    INVARIANT(*transaction.chain_id != 0 && *transaction.chain_id <= kMaxLegacyChainId);
  }
}

void write_access_list(RlpWriter& writer, const std::vector<AccessListEntry>& entries) {
  writer.begin_list();
  for (const AccessListEntry& entry : entries) {
    writer.begin_list();
    writer.bytes(entry.address.view());
    writer.begin_list();
    for (const Hash& key : entry.storage_keys) writer.bytes(key.view());
    writer.end_list();
    writer.end_list();
  }
  writer.end_list();
}

void write_fields(RlpWriter& writer, const Transaction& transaction) {
  if (!is_legacy(transaction)) writer.integer(*transaction.chain_id);
  writer.integer(transaction.nonce);
  if (transaction.kind == TransactionKind::DynamicFee) {
    writer.integer(transaction.max_priority_fee_per_gas);
    writer.integer(transaction.max_fee_per_gas);
  } else {
    writer.integer(transaction.gas_price);
  }
  writer.integer(transaction.gas_limit);
  writer.bytes(transaction.to ? transaction.to->view() : BytesView{});
  writer.integer(transaction.value);
  writer.bytes(transaction.data);
  if (!is_legacy(transaction)) write_access_list(writer, transaction.access_list);
}

std::uint64_t v_of(const Transaction& transaction, const Signature& signature) {
  if (!is_legacy(transaction)) return signature.recovery_id;
  if (!transaction.chain_id) return kV + signature.recovery_id;
  return kEip155V + 2 * *transaction.chain_id + signature.recovery_id;
}

Bytes with_type_byte(const Transaction& transaction, Bytes list) {
  if (!is_legacy(transaction)) list.insert(list.begin(), std::to_underlying(transaction.kind));
  return list;
}

Result<std::vector<AccessListEntry>> read_access_list(RlpReader& fields) {
  std::vector<AccessListEntry> entries;
  TRY(RlpReader list, fields.list());
  while (!list.done()) {
    TRY(RlpReader pair, list.list());
    TRY(const BytesView address, pair.bytes(Address::kSize));
    TRY(RlpReader keys, pair.list());
    TRY_OK(pair.finish());
    AccessListEntry entry{fixed_from<Address>(address), {}};
    while (!keys.done()) {
      TRY(const BytesView key, keys.bytes(Hash::kSize));
      entry.storage_keys.push_back(fixed_from<Hash>(key));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<Transaction> read_fields(RlpReader& fields, TransactionKind kind) {
  Transaction out;
  out.kind = kind;
  if (!is_legacy(out)) {
    TRY(out.chain_id, fields.integer64());
  }
  TRY(out.nonce, fields.integer64());
  if (kind == TransactionKind::DynamicFee) {
    TRY(out.max_priority_fee_per_gas, fields.integer256());
    TRY(out.max_fee_per_gas, fields.integer256());
  } else {
    TRY(out.gas_price, fields.integer256());
  }
  TRY(out.gas_limit, fields.integer64());
  TRY(const BytesView to, fields.bytes());
  if (!to.empty()) {
    if (to.size() != Address::kSize) return invalid_transaction("the payee has not 20 bytes");
    out.to = fixed_from<Address>(to);
  }
  TRY(out.value, fields.integer256());
  TRY(const BytesView data, fields.bytes());
  out.data.assign(data.begin(), data.end());
  if (!is_legacy(out)) {
    TRY(out.access_list, read_access_list(fields));
  }
  return out;
}

Status check_limits(const Transaction& transaction) {
  if (transaction.nonce == std::numeric_limits<std::uint64_t>::max()) {
    return invalid_transaction("the nonce is 2^64-1 (EIP-2681)");
  }
  if (transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas) {
    return invalid_transaction("the priority fee exceeds the maximal fee (EIP-1559)");
  }
  const U256& price = transaction.kind == TransactionKind::DynamicFee ? transaction.max_fee_per_gas
                                                                      : transaction.gas_price;
  const U256 largest = std::numeric_limits<U256>::max();
  if (transaction.gas_limit != 0 && price > largest / transaction.gas_limit) {
    return invalid_transaction("gas limit times price exceeds 256 bits");
  }
  return {};
}

/// Reads `v`, and for a legacy transaction the chain id in it.
Result<std::uint8_t> read_recovery_id(RlpReader& fields, Transaction& transaction) {
  TRY(const std::uint64_t v, fields.integer64());
  if (!is_legacy(transaction)) {
    if (v > 1) return fail(Errc::Invalid, "invalid_signature", "the parity is neither 0 nor 1");
    return static_cast<std::uint8_t>(v);
  }
  if (v == kV || v == kV + 1) return static_cast<std::uint8_t>(v - kV);
  // The very last v would belong to a chain id whose odd parity has no v at all.
  if (v < kEip155V + 2 || (v - kEip155V) / 2 > kMaxLegacyChainId) {
    return fail(Errc::Invalid, "invalid_signature", "v names no chain");
  }
  transaction.chain_id = (v - kEip155V) / 2;
  return static_cast<std::uint8_t>((v - kEip155V) % 2);
}

Result<TransactionKind> kind_of(BytesView raw) {
  constexpr std::uint8_t kFirstList = 0xC0;
  if (raw.empty()) return invalid_transaction("there are no bytes");
  if (raw.front() >= kFirstList) return TransactionKind::Legacy;
  if (raw.front() == std::to_underlying(TransactionKind::AccessList)) {
    return TransactionKind::AccessList;
  }
  if (raw.front() == std::to_underlying(TransactionKind::DynamicFee)) {
    return TransactionKind::DynamicFee;
  }
  return fail(Errc::Invalid, "unsupported_transaction_type",
              "only legacy, EIP-2930 and EIP-1559 transactions are read");
}

}  // namespace

Bytes signing_payload(const Transaction& transaction) {
  require_encodable(transaction);
  RlpWriter writer;
  writer.begin_list();
  write_fields(writer, transaction);
  if (is_legacy(transaction) && transaction.chain_id) {
    writer.integer(*transaction.chain_id);
    writer.integer(0);
    writer.integer(0);
  }
  writer.end_list();
  return with_type_byte(transaction, writer.take());
}

Hash signing_digest(const Transaction& transaction) {
  return keccak256(signing_payload(transaction));
}

Bytes encode_signed(const Transaction& transaction, const Signature& signature) {
  require_encodable(transaction);
  INVARIANT(signature.recovery_id <= 1);
  RlpWriter writer;
  writer.begin_list();
  write_fields(writer, transaction);
  writer.integer(v_of(transaction, signature));
  writer.integer(u256_from_bytes(signature.r));
  writer.integer(u256_from_bytes(signature.s));
  writer.end_list();
  return with_type_byte(transaction, writer.take());
}

Result<SignedTransaction> decode_signed(BytesView raw) {
  TRY(const TransactionKind kind, kind_of(raw));
  RlpReader whole(kind == TransactionKind::Legacy ? raw : raw.subspan(1));
  TRY(RlpReader fields, whole.list());
  TRY_OK(whole.finish());
  SignedTransaction out;
  TRY(out.transaction, read_fields(fields, kind));
  TRY(out.signature.recovery_id, read_recovery_id(fields, out.transaction));
  TRY(const U256 r, fields.integer256());
  TRY(const U256 s, fields.integer256());
  TRY_OK(fields.finish());
  TRY_OK(check_limits(out.transaction));
  out.signature.r = to_word(r);
  out.signature.s = to_word(s);
  return out;
}

TxHash hash_of(BytesView raw) {
  return TxHash{keccak256(raw).bytes};
}

Result<Address> sender(const SignedTransaction& signed_transaction) {
  return recover(signing_digest(signed_transaction.transaction), signed_transaction.signature);
}

}  // namespace settled::chains::evm
