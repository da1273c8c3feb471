#include "wallet/bip39.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/types/crypto.hpp"
#include "wallet/bip39_words.hpp"
#include "wallet/kdf.hpp"

namespace settled::wallet {
namespace {

constexpr std::size_t kBitsPerWord = 11;
constexpr std::size_t kMaxWords = 24;
constexpr std::size_t kMaxText = 1024;
constexpr std::string_view kBlank = " \t\r\n";

bool is_entropy_size(std::size_t size) {
  return size >= 16 && size <= 32 && size % 4 == 0;
}

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_mnemonic", std::move(detail));
}

bool bit_at(BytesView bytes, std::size_t index) {
  return ((bytes[index / 8] >> (7 - index % 8)) & 1U) != 0;
}

/// Words as slices of the mnemonic; never more than one over the limit.
std::vector<std::string_view> words_of(std::string_view mnemonic) {
  std::vector<std::string_view> words;
  std::size_t begin = mnemonic.find_first_not_of(kBlank);
  while (begin != std::string_view::npos && words.size() <= kMaxWords) {
    const std::size_t end = std::min(mnemonic.find_first_of(kBlank, begin), mnemonic.size());
    words.push_back(mnemonic.substr(begin, end - begin));
    begin = mnemonic.find_first_not_of(kBlank, end);
  }
  return words;
}

Secret joined(const std::vector<std::string_view>& words) {
  std::size_t size = words.size() - 1;
  for (const std::string_view word : words) size += word.size();
  Secret text(size);
  auto at = text.writable().begin();
  for (const std::string_view word : words) {
    if (at != text.writable().begin()) *at++ = ' ';
    at = std::ranges::copy(word, at).out;
  }
  return text;
}

}  // namespace

Result<Secret> mnemonic_from_entropy(BytesView entropy) {
  if (!is_entropy_size(entropy.size())) {
    return fail(Errc::Invalid, "invalid_entropy", "entropy is 16, 20, 24, 28 or 32 bytes");
  }
  Secret bits(entropy.size() + 1);
  *std::ranges::copy(entropy, bits.writable().begin()).out = sha256(entropy).bytes[0];
  std::vector<std::string_view> words(entropy.size() * 3 / 4);
  for (std::size_t word = 0; word < words.size(); ++word) {
    std::size_t index = 0;
    for (std::size_t bit = 0; bit < kBitsPerWord; ++bit) {
      index = index * 2 + (bit_at(bits.view(), word * kBitsPerWord + bit) ? 1 : 0);
    }
    words[word] = kEnglishWords[index];
  }
  return joined(words);
}

Result<Secret> entropy_from_mnemonic(std::string_view mnemonic) {
  if (mnemonic.size() > kMaxText) return invalid("too long for 24 words");
  const std::vector<std::string_view> words = words_of(mnemonic);
  const std::size_t size = words.size() * 4 / 3;
  if (words.size() % 3 != 0 || !is_entropy_size(size)) {
    return invalid("a mnemonic has 12, 15, 18, 21 or 24 words");
  }
  Secret bits(size + 1);
  for (std::size_t word = 0; word < words.size(); ++word) {
    const auto found = std::ranges::lower_bound(kEnglishWords, words[word]);
    if (found == kEnglishWords.end() || *found != words[word]) {
      return invalid("word " + std::to_string(word + 1) + " is not in the English word list");
    }
    const auto index = static_cast<std::size_t>(found - kEnglishWords.begin());
    for (std::size_t bit = 0; bit < kBitsPerWord; ++bit) {
      if (((index >> (kBitsPerWord - 1 - bit)) & 1U) == 0) continue;
      const std::size_t at = word * kBitsPerWord + bit;
      bits.writable()[at / 8] |= static_cast<std::uint8_t>(0x80U >> (at % 8));
    }
  }
  Secret entropy = Secret::copy_of(bits.view().first(size));
  const std::uint8_t hash = sha256(entropy.view()).bytes[0];
  const auto checked = static_cast<std::uint8_t>(0xFF00U >> (size / 4));
  if (((bits.view()[size] ^ hash) & checked) != 0) return invalid("wrong checksum");
  return entropy;
}

Result<Secret> seed_from_mnemonic(std::string_view mnemonic, std::string_view passphrase) {
  TRY_OK(entropy_from_mnemonic(mnemonic));
  if (std::ranges::any_of(as_bytes(passphrase), [](std::uint8_t byte) { return byte >= 0x80; })) {
    return fail(Errc::Invalid, "passphrase_not_ascii",
                "a mnemonic's passphrase outside ASCII would need Unicode normalisation");
  }
  constexpr std::string_view kSaltPrefix = "mnemonic";
  Secret salt(kSaltPrefix.size() + passphrase.size());
  const auto tail = std::ranges::copy(kSaltPrefix, salt.writable().begin()).out;
  std::ranges::copy(passphrase, tail);
  return pbkdf2(Pbkdf2Hash::Sha512, joined(words_of(mnemonic)).view(), salt.view(), 2048, 64);
}

}  // namespace settled::wallet
