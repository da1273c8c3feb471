#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace settled::sim {

/// What a node does wrong for a while. README.md says which evidence withstands which.
enum class NodeFault : std::uint8_t {
  Down,          ///< refuses connections
  Hang,          ///< takes a question and never answers
  Slow,          ///< answers after seconds
  Throttle,      ///< HTTP 429 with Retry-After, or the same in JSON-RPC's words
  Gateway,       ///< HTTP 502 and a page for people
  Garbage,       ///< JSON that is cut off
  OtherIds,      ///< answers questions that nobody asked
  Refuse,        ///< an error in place of logs
  SmallRange,    ///< refuses logs of more than a few blocks
  Balances,      ///< tells headers of one backend and logs of another, which lags
  Lag,           ///< knows the chain but for its newest blocks
  Freeze,        ///< stays with the blocks, and the branch, that it had
  HidesHeader,   ///< a backend without the header beside one with the logs
  DropsLogs,     ///< leaves logs out where it is asked by number, with HTTP 200
  Reorders,      ///< tells the logs in another order
  Duplicates,    ///< tells a log twice
  Removed,       ///< tells logs as taken back
  Prunes,        ///< has headers, and neither logs nor receipts of old blocks
  NoFinality,    ///< does not know the tag `finalized`
  FinalityBack,  ///< tells a final block of long ago
  OtherChain,    ///< is, behind the same URL, a node of another chain
  // Only a proof sees through these.
  Withholds,  ///< leaves logs out of whatever it tells
  Raises,     ///< tells more than was paid
  Invents,    ///< tells a payment that never was
};
inline constexpr std::size_t kNodeFaults = 24;
std::string_view to_string(NodeFault fault);

/// What a merchant's receiver does with a webhook for a while.
enum class ReceiverFault : std::uint8_t {
  Down,         ///< refuses connections
  Hangs,        ///< takes it and never answers
  Fails,        ///< 500, without looking at it
  Redirects,    ///< 302
  Busy,         ///< 503 with Retry-After
  LosesAnswer,  ///< takes it, and the connection is lost before the answer
};
inline constexpr std::size_t kReceiverFaults = 6;
std::string_view to_string(ReceiverFault fault);

}  // namespace settled::sim
