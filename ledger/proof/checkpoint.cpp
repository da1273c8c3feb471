#include "ledger/proof/checkpoint.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "ledger/types/crypto.hpp"

namespace settled::proof {
namespace {

constexpr std::size_t kLines = 6;
constexpr std::string_view kHash = "hash ";
constexpr std::string_view kState = "state ";
constexpr std::string_view kTime = "time ";

std::optional<std::array<std::string_view, kLines>> split_lines(std::string_view text) {
  std::array<std::string_view, kLines> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (!text.empty()) return std::nullopt;
  return lines;
}

std::optional<Hash256> read_hash(std::string_view line, std::string_view label) {
  if (!line.starts_with(label)) return std::nullopt;
  const auto bytes = from_base64(line.substr(label.size()));
  if (!bytes || bytes->size() != Hash256::kSize) return std::nullopt;
  return fixed_from<Hash256>(*bytes);
}

std::optional<std::uint64_t> read_sequence(std::string_view line) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out);
  if (error != std::errc{} || end != line.data() + line.size() || out == 0) return std::nullopt;
  return out;
}

}  // namespace

std::string Checkpoint::text(std::string_view origin) const {
  std::string out(origin);
  out.append("\n").append(std::to_string(sequence));
  out.append("\n").append(to_base64(root.view()));
  out.append("\n").append(kHash).append(to_base64(hash.view()));
  out.append("\n").append(kState).append(to_base64(state.view()));
  out.append("\n").append(kTime).append(to_rfc3339(time));
  return out.append("\n");
}

Result<Checkpoint> Checkpoint::parse(std::string_view text, std::string_view origin) {
  const auto invalid = [] {
    return fail(Errc::Invalid, "invalid_checkpoint",
                "a checkpoint has six lines: origin, sequence, root, hash, state and time");
  };
  const auto lines = split_lines(text);
  if (!lines) return invalid();
  const auto sequence = read_sequence((*lines)[1]);
  const auto root = read_hash((*lines)[2], "");
  const auto hash = read_hash((*lines)[3], kHash);
  const auto state = read_hash((*lines)[4], kState);
  if (!sequence || !root || !hash || !state || !(*lines)[5].starts_with(kTime)) return invalid();
  const auto time = parse_rfc3339((*lines)[5].substr(kTime.size()));
  if (!time) return invalid();
  const Checkpoint out{*sequence, *root, *hash, *state, *time};
  if (out.text(origin) != text) return invalid();
  return out;
}

std::string Checkpoint::sign(const SigningKey& key) const {
  return sign_note(text(key.verifier().name), key);
}

Result<Checkpoint> Checkpoint::open(std::string_view note, const VerifierKey& key) {
  TRY(const Note parsed, Note::parse(note));
  TRY_OK(parsed.verify(key));
  return parse(parsed.text, key.name);
}

}  // namespace settled::proof
