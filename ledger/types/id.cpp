#include "ledger/types/id.hpp"

#include <array>

namespace settled {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kLength = 26;

int letter_value(char c) {
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string encode_id(const IdBytes& bytes) {
  // 26 letters hold 130 bits: the first letter carries the top three.
  std::string out(kLength, '0');
  unsigned __int128 rest = 0;
  for (const std::uint8_t byte : bytes.bytes) rest = (rest << 8) | byte;
  for (std::size_t i = kLength; i-- > 0;) {
    out[i] = kAlphabet[static_cast<std::size_t>(rest & 31)];
    rest >>= 5;
  }
  return out;
}

Result<IdBytes> decode_id(std::string_view text) {
  const auto malformed = [] { return fail(Errc::NotFound, "not_found", "no such object"); };
  if (text.size() != kLength) return malformed();
  if (letter_value(text[0]) < 0 || letter_value(text[0]) > 7) return malformed();
  unsigned __int128 value = 0;
  for (const char c : text) {
    const int letter = letter_value(c);
    if (letter < 0) return malformed();
    value = (value << 5) | static_cast<unsigned>(letter);
  }
  IdBytes out;
  for (std::size_t i = IdBytes::kSize; i-- > 0;) {
    out.bytes[i] = static_cast<std::uint8_t>(value & 0xFF);
    value >>= 8;
  }
  return out;
}

Time time_of(const IdBytes& bytes) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = (ms << 8) | bytes.bytes[i];
  return Time{std::chrono::milliseconds{ms}};
}

IdBytes IdSequence::next(Time now, BytesView entropy) {
  INVARIANT(entropy.size() >= 10);
  if (now > time_of(last_)) {
    std::int64_t ms = now.time_since_epoch().count();
    for (std::size_t i = 6; i-- > 0;) {
      last_.bytes[i] = static_cast<std::uint8_t>(ms & 0xFF);
      ms >>= 8;
    }
    std::copy_n(entropy.begin(), 10, last_.bytes.begin() + 6);
    last_.bytes[6] &= 0x7F;  // leaves 2^79 increments before the millisecond would change
    return last_;
  }
  for (std::size_t i = IdBytes::kSize; i-- > 0;) {
    if (++last_.bytes[i] != 0) break;
  }
  return last_;
}

}  // namespace settled
