#include "chains/evm/abi.hpp"

#include <algorithm>

namespace settled::chains::evm {
namespace {

constexpr std::size_t kWord = 32;
constexpr std::size_t kMaxSymbol = 256;

std::unexpected<Error> invalid_abi(const char* detail) {
  return fail(Errc::Invalid, "invalid_abi", detail);
}

Bytes selected(const Selector& selector) {
  return {selector.begin(), selector.end()};
}

void append_address(Bytes& out, const Address& address) {
  out.resize(out.size() + kWord - Address::kSize);
  out.insert(out.end(), address.bytes.begin(), address.bytes.end());
}

/// REQUIRES: 32 bytes.
std::optional<Address> address_in(BytesView word) {
  const BytesView padding = word.first(kWord - Address::kSize);
  if (std::ranges::any_of(padding, [](std::uint8_t byte) { return byte != 0; })) return {};
  return fixed_from<Address>(word.last(Address::kSize));
}

/// REQUIRES: 32 bytes. Anything above `most` is `most` + 1.
std::size_t size_in(BytesView word, std::size_t most) {
  const U256 value = u256_from_bytes(word);
  return value > most ? most + 1 : static_cast<std::size_t>(value);
}

}  // namespace

Bytes encode_transfer(const TransferCall& call) {
  Bytes out = selected(kTransferSelector);
  append_address(out, call.to);
  const auto amount = to_word(call.amount);
  out.insert(out.end(), amount.begin(), amount.end());
  return out;
}

Result<TransferCall> decode_transfer(BytesView calldata) {
  if (calldata.size() != kTransferSelector.size() + 2 * kWord ||
      !std::ranges::equal(calldata.first(kTransferSelector.size()), kTransferSelector)) {
    return invalid_abi("the calldata is no call of transfer(address,uint256)");
  }
  const BytesView arguments = calldata.subspan(kTransferSelector.size());
  const auto to = address_in(arguments.first(kWord));
  if (!to) return invalid_abi("the payee is not padded with zeros");
  return TransferCall{*to, u256_from_bytes(arguments.last(kWord))};
}

Bytes encode_balance_of(const Address& owner) {
  Bytes out = selected(kBalanceOfSelector);
  append_address(out, owner);
  return out;
}

Bytes encode_decimals() {
  return selected(kDecimalsSelector);
}

Bytes encode_symbol() {
  return selected(kSymbolSelector);
}

Result<U256> decode_uint256(BytesView returned) {
  if (returned.size() != kWord) return invalid_abi("the contract did not return one word");
  return u256_from_bytes(returned);
}

Result<std::uint8_t> decode_uint8(BytesView returned) {
  TRY(const U256 value, decode_uint256(returned));
  if (value > 255) return invalid_abi("the returned number exceeds 8 bits");
  return static_cast<std::uint8_t>(value);
}

Result<std::string> decode_symbol(BytesView returned) {
  if (returned.size() == kWord) {
    const std::string_view padded = as_text(returned);
    return std::string(padded.substr(0, padded.find_last_not_of('\0') + 1));
  }
  if (returned.size() < 2 * kWord || size_in(returned.first(kWord), kWord) != kWord) {
    return invalid_abi("the contract returned neither a string nor bytes32");
  }
  const BytesView text = returned.subspan(2 * kWord);
  const std::size_t size = size_in(returned.subspan(kWord, kWord), kMaxSymbol);
  if (size > kMaxSymbol || size > text.size()) {
    return invalid_abi("the returned string is too long or cut off");
  }
  return std::string(as_text(text.first(size)));
}

std::optional<TransferEvent> decode_transfer_event(std::span<const Hash> topics, BytesView data) {
  if (topics.size() != 3 || topics[0] != kTransferTopic || data.size() != kWord) return {};
  const auto from = address_in(topics[1].view());
  const auto to = address_in(topics[2].view());
  if (!from || !to) return {};
  return TransferEvent{*from, *to, u256_from_bytes(data)};
}

}  // namespace settled::chains::evm
