#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/proof/note.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::proof {

/// What the books were after one command: enough to hold them to it later. Signed, it is a
/// checkpoint of C2SP tlog-checkpoint, which witnesses of other makes read too.
struct Checkpoint {
  std::uint64_t sequence = 0;  ///< of the command: the number of leaves
  Hash256 root;                ///< RFC 6962, over the leaves 1 to `sequence`
  Hash256 hash;                ///< of the log's chain
  Hash256 state;               ///< the state hash; zero where the record is of format 1
  Time time;                   ///< when it was made

  /// `origin`: the name of the log, which is that of its key. Lines: origin, sequence, base64 root,
  /// `hash <base64>`, `state <base64>`, `time <RFC 3339>`.
  std::string text(std::string_view origin) const;
  /// Accepts what `text` gives and nothing else. Error: Invalid `invalid_checkpoint`.
  static Result<Checkpoint> parse(std::string_view text, std::string_view origin);

  std::string sign(const SigningKey& key) const;
  /// The signed note back, once its signature is proven. Errors: Invalid `invalid_note`,
  /// `invalid_checkpoint`; Rejected `unknown_key`, `bad_signature`.
  static Result<Checkpoint> open(std::string_view note, const VerifierKey& key);

  bool operator==(const Checkpoint&) const = default;
};

}  // namespace settled::proof
