#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// Bugs that others had, put back at the seams around the code that runs in production, so that the
/// invariants can be seen to notice them. `../shared/research/peers.md` names who had which.
namespace settled::sim {

enum class Bug : std::uint8_t {
  None,
  CreditByTransaction,   ///< one credit a transaction, whatever logs it has
  CursorJumps,           ///< after a bounded read the cursor is set to the end
  ErrorsSwallowed,       ///< a block whose logs could not be read counts as empty
  EmptyBelieved,         ///< a lagging backend's "unknown block" counts as no logs
  NoReorganisations,     ///< blocks are followed by number alone
  AvailableBeforeFinal,  ///< credited for good at first sight
  StopsAtStranger,       ///< an unrelated transfer ends the work on the rest of its block
  PoisonTransaction,     ///< one transfer that is refused is tried again for ever
  FinalityOfHead,        ///< the newest block taken for the final one
  AnsweredBeforeSync,    ///< acknowledged before it is on the disk
  WebhookGivesUp,        ///< three attempts and no more
  AnyAnswerCounts,       ///< whatever the receiver answers is a delivery
  LateDropped,           ///< money that comes after the intent has expired is ignored
  CreditInTwoCommits,    ///< the cursor first, the credit after
  DuplicateCredited,     ///< every log that a node tells is credited, though it tells one twice
  StrangersDropped,      ///< money without an intent is nobody's
  AmountAsFloat,         ///< 53 bits of an amount
};
inline constexpr std::size_t kBugs = 18;
std::string_view to_string(Bug bug);

/// In force for whatever runs from here on.
void set_bug(Bug bug);
/// A node's answer as a client with the bug understands it. JSON in, JSON out.
std::string believed(Bug bug, const std::string& question, std::string answer);

}  // namespace settled::sim
