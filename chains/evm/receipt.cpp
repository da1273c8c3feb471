#include "chains/evm/receipt.hpp"

#include <utility>

#include "chains/evm/rlp.hpp"

namespace settled::chains::evm {
namespace {

/// A longer one begins a legacy receipt: the prefix of its list.
constexpr std::uint8_t kMaxType = 0x7F;

std::unexpected<Error> invalid_receipt(const char* detail) {
  return fail(Errc::Invalid, "invalid_receipt", detail);
}

void write_log(RlpWriter& writer, const EventLog& log) {
  writer.begin_list();
  writer.bytes(log.address.view());
  writer.begin_list();
  for (const Hash& topic : log.topics) writer.bytes(topic.view());
  writer.end_list();
  writer.bytes(log.data);
  writer.end_list();
}

Result<EventLog> read_log(RlpReader fields) {
  EventLog out;
  TRY(const BytesView address, fields.bytes(Address::kSize));
  out.address = fixed_from<Address>(address);
  TRY(RlpReader topics, fields.list());
  while (!topics.done()) {
    if (out.topics.size() == kMaxTopics) return invalid_receipt("a log has more than four topics");
    TRY(const BytesView topic, topics.bytes(Hash::kSize));
    out.topics.push_back(fixed_from<Hash>(topic));
  }
  TRY(const BytesView data, fields.bytes());
  out.data.assign(data.begin(), data.end());
  TRY_OK(fields.finish());
  return out;
}

Result<std::variant<bool, Hash>> read_outcome(BytesView outcome) {
  using Outcome = std::variant<bool, Hash>;
  if (outcome.empty()) return Outcome(false);
  if (outcome.size() == 1 && outcome.front() == 1) return Outcome(true);
  if (outcome.size() == Hash::kSize) return Outcome(fixed_from<Hash>(outcome));
  return invalid_receipt("it tells neither a status nor a state root");
}

}  // namespace

bool is_known_receipt_type(std::uint64_t type) {
  return type <= 4 || type == kDepositReceipt;
}

Bytes encode_receipt(const Receipt& receipt) {
  INVARIANT(is_known_receipt_type(receipt.type));
  INVARIANT(receipt.deposit_nonce.has_value() == receipt.deposit_version.has_value());
  INVARIANT(!receipt.deposit_nonce || receipt.type == kDepositReceipt);
  RlpWriter writer;
  writer.begin_list();
  if (const bool* succeeded = std::get_if<bool>(&receipt.outcome)) {
    writer.integer(std::uint64_t{*succeeded});
  } else {
    writer.bytes(std::get<Hash>(receipt.outcome).view());
  }
  writer.integer(receipt.cumulative_gas_used);
  writer.bytes(receipt.logs_bloom.view());
  writer.begin_list();
  for (const EventLog& log : receipt.logs) write_log(writer, log);
  writer.end_list();
  if (receipt.deposit_nonce) {
    writer.integer(*receipt.deposit_nonce);
    writer.integer(*receipt.deposit_version);
  }
  writer.end_list();
  Bytes out = writer.take();
  if (receipt.type != 0) out.insert(out.begin(), receipt.type);
  return out;
}

Result<Receipt> decode_receipt(BytesView encoded) {
  Receipt out;
  if (!encoded.empty() && encoded.front() <= kMaxType) {
    out.type = encoded.front();
    if (out.type == 0 || !is_known_receipt_type(out.type)) {
      return fail(Errc::Invalid, "unsupported_receipt_type",
                  "receipts of type " + std::to_string(out.type) + " are not known");
    }
    encoded = encoded.subspan(1);
  }
  RlpReader whole(encoded);
  TRY(RlpReader fields, whole.list());
  TRY_OK(whole.finish());
  TRY(const BytesView outcome, fields.bytes());
  TRY(out.outcome, read_outcome(outcome));
  TRY(out.cumulative_gas_used, fields.integer64());
  TRY(const BytesView bloom, fields.bytes(Bloom::kSize));
  out.logs_bloom = fixed_from<Bloom>(bloom);
  TRY(RlpReader logs, fields.list());
  while (!logs.done()) {
    TRY(const RlpReader log, logs.list());
    TRY(EventLog decoded, read_log(log));
    out.logs.push_back(std::move(decoded));
  }
  if (out.type == kDepositReceipt && !fields.done()) {
    TRY(out.deposit_nonce, fields.integer64());
    TRY(out.deposit_version, fields.integer64());
  }
  TRY_OK(fields.finish());
  return out;
}

Bloom bloom_of(const std::vector<EventLog>& logs) {
  Bloom out;
  for (const EventLog& log : logs) {
    add_to(out, log.address.view());
    for (const Hash& topic : log.topics) add_to(out, topic.view());
  }
  return out;
}

}  // namespace settled::chains::evm
