#include "chains/rpc/range_limit.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>

namespace settled::chains::rpc {
namespace {

constexpr std::size_t kMaxWords = 1'024;
/// No node answers as many; what names more names no limit.
constexpr std::uint64_t kMost = 1'000'000'000'000;

struct Limit {
  enum class Form : std::uint8_t {
    Number,  ///< the number after the words, and after `then`
    Span,    ///< two numbers after the words, decimal or hexadecimal: the range that would work
    Known,   ///< none is told, this provider's is `known`
  };
  std::string_view words;  // lower case
  Form form;
  std::string_view then = {};
  std::uint64_t known = 0;
};
using enum Limit::Form;

// The first whose words are contained decides. Spans come first: they are said beside limits that
// hold for other questions.
constexpr Limit kLimits[] = {
    {"try with this block range", Span},             // infura, zksync
    {"this block range should work", Span},          // alchemy
    {"retry with the range", Span},                  // reth
    {"maximum is set to ", Number},                  // avalanche
    {"max range: ", Number},                         // cloudflare
    {"allowed number of requested blocks", Number},  // thirdweb
    {"blocks distance: ", Number},                   // ankr on tac
    {"range is too wide (maximum ", Number},         // moonriver
    {"block range is too wide", Known, {}, 3'000},   // ankr
    {"exceeds the range allowed", Number, "> "},     // blast
    {"limit the query to at most ", Number},         // coinbase
    {"maximum block range", Number},                 // publicnode
    {"max block range", Number},                     // hyperliquid, reth, tron
    {"range greater than ", Number},                 // swell
    {"block range exceeds ", Number},                // somnia
    {"too large, max is ", Number},                  // merkle
    {"must be smaller than size ", Number},          // harmony
    {"ranges over ", Number},                        // drpc
    {"block range too large", Known, {}, 2'000},     // base
    {"block range limit exceeded", Known, {}, 100},  // chainstack's free plan
    {"limited to 0 - ", Number},                     // 1rpc
    {"limited to a ", Number},                       // quicknode, 1rpc, blast
    {"limited to ", Number},                         // blockpi
    {"up to a ", Number},                            // aurora
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int digit_of(char c, int base) {
  if (c >= '0' && c <= '9') return c - '0';
  return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Reads what begins at `at`: "0x1f", "10,000", "10.000", "10k"; leaves `at` behind it. A separator
/// counts between digits alone, so that a sentence may end with a number.
std::optional<std::uint64_t> number_at(std::string_view text, std::size_t& at) {
  const int base = text.substr(at).starts_with("0x") ? 16 : 10;
  if (base == 16) at += 2;
  std::uint64_t out = 0;
  bool any = false;
  for (; at < text.size(); ++at) {
    const bool separates = base == 10 && any && (text[at] == ',' || text[at] == '.') &&
                           at + 1 < text.size() && digit_of(text[at + 1], 10) >= 0;
    if (separates) continue;
    const int digit = digit_of(text[at], base);
    if (digit < 0) break;
    any = true;
    if (out > std::numeric_limits<std::uint64_t>::max() / 16 - 1) return std::nullopt;
    out = out * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
  }
  if (!any) return std::nullopt;
  const bool thousands = base == 10 && text.substr(at).starts_with("k") && out <= kMost;
  return thousands ? out * 1'000 : out;
}

std::optional<std::uint64_t> next_number(std::string_view text, std::size_t& at) {
  at = text.find_first_of("0123456789", at);
  if (at == std::string_view::npos) return std::nullopt;
  return number_at(text, at);
}

std::optional<std::uint64_t> within(std::uint64_t blocks) {
  return blocks >= 1 && blocks <= kMost ? std::optional(blocks) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> blocks_allowed(std::string_view said) {
  std::string text;
  std::ranges::transform(said.substr(0, kMaxWords), std::back_inserter(text), to_lower);
  for (const Limit& limit : kLimits) {
    std::size_t at = text.find(limit.words);
    if (at == std::string::npos) continue;
    if (limit.form == Known) return limit.known;
    at += limit.words.size();
    if (!limit.then.empty()) {
      at = text.find(limit.then, at);
      if (at == std::string::npos) return std::nullopt;
    }
    const auto first = next_number(text, at);
    if (!first) return std::nullopt;
    if (limit.form == Number) return within(*first);
    const auto last = next_number(text, at);
    if (!last || *last < *first) return std::nullopt;
    return within(*last - *first + 1);
  }
  return std::nullopt;
}

}  // namespace settled::chains::rpc
