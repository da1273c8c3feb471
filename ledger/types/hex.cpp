#include "ledger/types/hex.hpp"

#include <algorithm>

namespace settled {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view without_prefix(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return text;
}

Status decode(std::string_view digits, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_value(digits[2 * i]);
    const int low = digit_value(digits[2 * i + 1]);
    if (high < 0 || low < 0) {
      return fail(Errc::Invalid, "invalid_hex", "a character is not a hexadecimal digit");
    }
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return {};
}

}  // namespace

std::string to_hex(BytesView bytes) {
  std::string out(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::string to_0x(BytesView bytes) {
  return "0x" + to_hex(bytes);
}

Result<Bytes> from_hex(std::string_view text) {
  const std::string_view digits = without_prefix(text);
  if (digits.size() % 2 != 0) {
    return fail(Errc::Invalid, "invalid_hex", "an odd number of hexadecimal digits");
  }
  Bytes out(digits.size() / 2);
  TRY_OK(decode(digits, out));
  return out;
}

Status from_hex(std::string_view text, std::span<std::uint8_t> out) {
  const std::string_view digits = without_prefix(text);
  if (digits.size() != out.size() * 2) {
    return fail(Errc::Invalid, "invalid_hex",
                "expected " + std::to_string(out.size()) + " bytes of hexadecimal digits");
  }
  return decode(digits, out);
}

}  // namespace settled
