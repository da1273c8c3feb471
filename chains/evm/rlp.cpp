#include "chains/evm/rlp.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace settled::chains::evm {
namespace {

constexpr std::uint8_t kString = 0x80;
constexpr std::uint8_t kList = 0xC0;
constexpr std::size_t kMaxShort = 55;  // a longer payload has its length in bytes of its own

std::unexpected<Error> invalid_rlp(const char* detail) {
  return fail(Errc::Invalid, "invalid_rlp", detail);
}

struct Prefix {
  bool is_list;
  std::size_t header_size;  // 0: the byte is its own payload
  std::size_t payload_size;
};

Result<std::size_t> long_length(BytesView digits) {
  if (digits.front() == 0) return invalid_rlp("a length has leading zeros");
  std::size_t length = 0;
  for (const std::uint8_t byte : digits) length = (length << 8) | byte;
  if (length <= kMaxShort) return invalid_rlp("a short length is written in the long form");
  return length;
}

/// Never more than what `bytes` holds. REQUIRES: `bytes` is not empty.
Result<Prefix> read_prefix(BytesView bytes) {
  const std::uint8_t first = bytes.front();
  if (first < kString) return Prefix{false, 0, 1};
  Prefix prefix{first >= kList, 1, static_cast<std::size_t>((first - kString) & 0x3F)};
  if (prefix.payload_size > kMaxShort) {
    const std::size_t length_size = prefix.payload_size - kMaxShort;
    if (bytes.size() - 1 < length_size) return invalid_rlp("a length is cut off");
    TRY(prefix.payload_size, long_length(bytes.subspan(1, length_size)));
    prefix.header_size += length_size;
  }
  if (bytes.size() - prefix.header_size < prefix.payload_size) {
    return invalid_rlp("an item is longer than what holds it");
  }
  if (!prefix.is_list && prefix.payload_size == 1 && bytes[1] < kString) {
    return invalid_rlp("a single byte below 0x80 is its own encoding");
  }
  return prefix;
}

/// The bytes in front of a payload of `size`; `kind` is kString or kList.
class Header {
 public:
  Header(std::uint8_t kind, std::size_t size) {
    if (size <= kMaxShort) {
      bytes_[size_++] = static_cast<std::uint8_t>(kind + size);
      return;
    }
    std::size_t length_size = 0;
    for (std::size_t rest = size; rest != 0; rest >>= 8) ++length_size;
    bytes_[size_++] = static_cast<std::uint8_t>(kind + kMaxShort + length_size);
    for (std::size_t i = length_size; i-- > 0;) {
      bytes_[size_++] = static_cast<std::uint8_t>(size >> (8 * i));
    }
  }
  BytesView view() const { return BytesView(bytes_).first(size_); }

 private:
  std::array<std::uint8_t, 1 + sizeof(std::size_t)> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

Result<RlpItem> RlpReader::next() {
  if (rest_.empty()) return invalid_rlp("an item is missing");
  TRY(const Prefix prefix, read_prefix(rest_));
  const RlpItem item{prefix.is_list, rest_.subspan(prefix.header_size, prefix.payload_size)};
  rest_ = rest_.subspan(prefix.header_size + prefix.payload_size);
  return item;
}

Result<BytesView> RlpReader::bytes() {
  TRY(const RlpItem item, next());
  if (item.is_list) return invalid_rlp("a list stands where a string is expected");
  return item.payload;
}

Result<BytesView> RlpReader::bytes(std::size_t size) {
  TRY(const BytesView string, bytes());
  if (string.size() != size) return invalid_rlp("a string has the wrong size");
  return string;
}

Result<RlpReader> RlpReader::list() {
  TRY(const RlpItem item, next());
  if (!item.is_list) return invalid_rlp("a string stands where a list is expected");
  return RlpReader(item.payload);
}

Result<BytesView> RlpReader::integer(std::size_t max_size) {
  TRY(const BytesView digits, bytes());
  if (digits.size() > max_size) return invalid_rlp("an integer is too large");
  if (!digits.empty() && digits.front() == 0) return invalid_rlp("an integer has leading zeros");
  return digits;
}

Result<std::uint64_t> RlpReader::integer64() {
  TRY(const BytesView digits, integer(8));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : digits) value = (value << 8) | byte;
  return value;
}

Result<U256> RlpReader::integer256() {
  TRY(const BytesView digits, integer(32));
  return u256_from_bytes(digits);
}

Status RlpReader::finish() const {
  if (!done()) return invalid_rlp("there are more items than expected");
  return {};
}

Result<RlpItem> read_rlp(BytesView encoded) {
  RlpReader reader(encoded);
  TRY(const RlpItem item, reader.next());
  TRY_OK(reader.finish());
  return item;
}

Status check_rlp(BytesView encoded) {
  TRY(const RlpItem whole, read_rlp(encoded));
  std::vector<RlpReader> open;
  if (whole.is_list) open.emplace_back(whole.payload);
  while (!open.empty()) {
    if (open.back().done()) {
      open.pop_back();
      continue;
    }
    TRY(const RlpItem item, open.back().next());
    if (!item.is_list) continue;
    if (open.size() == kMaxRlpDepth) return invalid_rlp("lists are nested too deeply");
    open.emplace_back(item.payload);
  }
  return {};
}

void RlpWriter::bytes(BytesView string) {
  if (string.size() != 1 || string.front() >= kString) {
    const Header header(kString, string.size());
    out_.insert(out_.end(), header.view().begin(), header.view().end());
  }
  out_.insert(out_.end(), string.begin(), string.end());
}

void RlpWriter::integer(std::uint64_t value) {
  std::array<std::uint8_t, sizeof(value)> digits;
  std::size_t begin = digits.size();
  for (; value != 0; value >>= 8) digits[--begin] = static_cast<std::uint8_t>(value);
  bytes(BytesView(digits).subspan(begin));
}

void RlpWriter::integer(const U256& value) {
  bytes(to_minimal_bytes(value));
}

void RlpWriter::encoded(BytesView item) {
  out_.insert(out_.end(), item.begin(), item.end());
}

void RlpWriter::begin_list() {
  open_.push_back(out_.size());
}

void RlpWriter::end_list() {
  INVARIANT(!open_.empty());
  const std::size_t begin = open_.back();
  open_.pop_back();
  const Header header(kList, out_.size() - begin);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(begin), header.view().begin(),
              header.view().end());
}

Bytes RlpWriter::take() {
  INVARIANT(open_.empty());
  return std::exchange(out_, {});
}

}  // namespace settled::chains::evm
