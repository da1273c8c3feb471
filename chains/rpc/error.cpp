#include "chains/rpc/error.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace settled::chains::rpc {
namespace {

constexpr std::size_t kMaxMessage = 512;

struct Phrase {
  std::string_view words;  // lower case
  Errc code;
  std::string_view reason;
  std::string_view also = {};  // must be contained as well
};

// The first that is contained decides. Words about the rate of questions come first, since asking
// for fewer blocks would only make more of them; then ranges, since providers refuse these with the
// code of throttling, -32005, and with words such as "limit exceeded". range_limit.hpp reads the
// number of blocks that some of them name.
constexpr Phrase kPhrases[] = {
    {"too many requests", Errc::Unavailable, "throttled"},
    {"rate limit", Errc::Unavailable, "throttled"},
    {"rate-limit", Errc::Unavailable, "throttled"},
    {"rate exceeded", Errc::Unavailable, "throttled"},
    {"rps limit", Errc::Unavailable, "throttled"},  // chainstack
    {"requests per second", Errc::Unavailable, "throttled"},
    {"requests limited to", Errc::Unavailable, "throttled"},
    {"request count exceeded", Errc::Unavailable, "throttled"},    // infura
    {"compute units per second", Errc::Unavailable, "throttled"},  // alchemy
    {"exceeded the quota", Errc::Unavailable, "throttled"},
    {"reached the quota", Errc::Unavailable, "throttled"},
    {"under too much load", Errc::Unavailable, "throttled"},
    {"throughput", Errc::Unavailable, "throttled"},
    {"capacity exceeded", Errc::Unavailable, "throttled"},
    {"beyond current head block", Errc::Unavailable, "lagging_backend"},      // geth, reth
    {"beyond latest executed block", Errc::Unavailable, "lagging_backend"},   // erigon
    {"requested too many blocks", Errc::Rejected, "range_refused"},           // avalanche
    {"max range:", Errc::Rejected, "range_refused"},                          // cloudflare
    {"allowed number of requested blocks", Errc::Rejected, "range_refused"},  // thirdweb
    {"try with this block range", Errc::Rejected, "range_refused"},           // infura, zksync
    {"block range is too wide", Errc::Rejected, "range_refused"},             // ankr, moonriver
    {"blocks distance", Errc::Rejected, "range_refused"},                     // ankr on tac
    {"this block range should work", Errc::Rejected, "range_refused"},        // alchemy
    {"limited to ", Errc::Rejected, "range_refused", "range"},  // quicknode, 1rpc, blast, blockpi
    {"limited to ", Errc::Rejected, "range_refused", "block"},
    {"exceeds the range allowed", Errc::Rejected, "range_refused"},   // blast
    {"block range limit exceeded", Errc::Rejected, "range_refused"},  // chainstack
    {"range threshold exceeded", Errc::Rejected, "range_refused"},    // altitude
    {"limit the query to", Errc::Rejected, "range_refused"},          // coinbase
    {"maximum block range", Errc::Rejected, "range_refused"},         // publicnode
    {"max block range", Errc::Rejected, "range_refused"},             // hyperliquid, reth, tron
    {"block range greater than", Errc::Rejected, "range_refused"},    // swell
    {"block range exceeds", Errc::Rejected, "range_refused"},         // somnia
    {"must be smaller than size", Errc::Rejected, "range_refused"},   // harmony
    {"up to a ", Errc::Rejected, "range_refused", "block range"},     // aurora
    {"range is too large", Errc::Rejected, "range_refused"},          // merkle, optimism
    {"range too large", Errc::Rejected, "range_refused"},             // base
    {"exceeds max results", Errc::Rejected, "range_refused"},         // llamarpc, ankr, reth
    {"query exceeds", Errc::Rejected, "range_refused"},
    {"matched by query exceeds limit", Errc::Rejected, "range_refused"},  // arbitrum
    {"returned more than", Errc::Rejected, "range_refused"},              // infura, zkevm
    {"response size should not", Errc::Rejected, "range_refused"},        // 1rpc
    {"response size exceeded", Errc::Rejected, "range_refused"},          // alchemy
    {"response too large", Errc::Rejected, "range_refused"},              // optimism
    {"response is too big", Errc::Rejected, "range_refused"},             // reth
    {"blocks are not supported on", Errc::Rejected, "range_refused"},     // drpc
    {"query timeout", Errc::Rejected, "range_refused"},
    {"query timed out", Errc::Rejected, "range_refused"},
    {"request timed out", Errc::Rejected, "range_refused"},
    {"request timeout", Errc::Rejected, "range_refused"},
    {"no backend is currently healthy", Errc::Unavailable, "node_unready"},
    {"nonce too low", Errc::Rejected, "nonce_too_low"},
    {"nonce is too low", Errc::Rejected, "nonce_too_low"},
    {"oldnonce", Errc::Rejected, "nonce_too_low"},  // nethermind
    {"already known", Errc::Rejected, "already_known"},
    {"alreadyknown", Errc::Rejected, "already_known"},                // nethermind
    {"ownnoncealreadyused", Errc::Rejected, "already_known"},         // nethermind
    {"already imported", Errc::Rejected, "already_known"},            // anvil, parity
    {"existing tx with same hash", Errc::Rejected, "already_known"},  // erigon
    {"already in mempool", Errc::Rejected, "already_known"},
    {"already in the txpool", Errc::Rejected, "already_known"},
    {"underpriced", Errc::Rejected, "underpriced"},
    {"feetoolow", Errc::Rejected, "underpriced"},  // nethermind
    {"fee too low", Errc::Rejected, "underpriced"},
    {"gas price too low", Errc::Rejected, "underpriced"},
    {"gas price supplied is too low", Errc::Rejected, "underpriced"},  // parity
    {"same nonce in the queue", Errc::Rejected, "underpriced"},
    {"gas price below", Errc::Rejected, "underpriced"},  // polygon
    {"less than block base fee", Errc::Rejected, "underpriced"},
    {"insufficient funds", Errc::Rejected, "insufficient_funds"},
    {"insufficientfunds", Errc::Rejected, "insufficient_funds"},  // nethermind
    {"insufficient balance", Errc::Rejected, "insufficient_funds"},
    {"upfront cost exceeds account balance", Errc::Rejected, "insufficient_funds"},  // besu
    {"execution reverted", Errc::Rejected, "reverted"},
    {"vm execution error", Errc::Rejected, "reverted"},
    {"always failing transaction", Errc::Rejected, "reverted"},
    {"header not found", Errc::Unavailable, "lagging_backend"},
    {"unknown block", Errc::Unavailable, "lagging_backend"},
    {"block not found", Errc::Unavailable, "lagging_backend"},
    {"could not find block", Errc::Unavailable, "lagging_backend"},
    {"not currently canonical", Errc::Unavailable, "lagging_backend"},  // EIP-1898
    {"missing trie node", Errc::Unavailable, "pruned"},                 // geth
    {"pruned", Errc::Unavailable, "pruned"},   // geth since EIP-4444, reth, nethermind
    {"pruning", Errc::Unavailable, "pruned"},  // erigon
    {"historical state", Errc::Unavailable, "pruned", "not available"},
    {"historical state unavailable", Errc::Unavailable, "pruned"},
    {"state already discarded", Errc::Unavailable, "pruned"},  // geth, light
    {"no state available", Errc::Unavailable, "pruned"},       // nethermind
    {"method not found", Errc::Rejected, "method_not_found"},
    {"method not supported", Errc::Rejected, "method_not_found"},
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whole words only: "unknown transaction" is not a known one.
bool says_known_transaction(std::string_view lower) {
  const auto at = lower.find("known transaction");
  return at != std::string_view::npos && (at == 0 || lower[at - 1] == ' ');
}

}  // namespace

std::string printable(std::string_view said, std::size_t most) {
  std::string out(said.substr(0, most));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7e; }, ' ');
  return out;
}

Error classify(std::int64_t code, std::string_view message) {
  std::string lower;
  std::ranges::transform(message.substr(0, kMaxMessage), std::back_inserter(lower), to_lower);
  const auto make = [&](Errc errc, std::string_view reason) {
    return Error{
        errc, std::string(reason),
        "the node answered " + std::to_string(code) + ": " + printable(message, kMaxMessage)};
  };
  const auto found = std::ranges::find_if(kPhrases, [&](const Phrase& phrase) {
    return lower.contains(phrase.words) && lower.contains(phrase.also);
  });
  if (found != std::end(kPhrases)) return make(found->code, found->reason);
  if (says_known_transaction(lower)) return make(Errc::Rejected, "already_known");
  switch (code) {
    case 3:  // geth: eth_call and eth_estimateGas
      return make(Errc::Rejected, "reverted");
    case -32601:
      return make(Errc::Rejected, "method_not_found");
    case 429:
    case -32005:  // EIP-1474: limit exceeded
      return make(Errc::Unavailable, "throttled");
    case -32001:  // EIP-1474: resource not found; EIP-1898 for an unknown block
      return make(Errc::Unavailable, "lagging_backend");
    case -32002:  // EIP-1474: resource unavailable
      return make(Errc::Unavailable, "node_unready");
    default:
      return make(Errc::Rejected, "rpc_error");
  }
}

}  // namespace settled::chains::rpc
