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

// The first that is contained decides. Ranges come before throttling, since providers refuse both
// with the code -32005 and with words such as "limit exceeded".
constexpr Phrase kPhrases[] = {
    {"requested too many blocks", Errc::Rejected, "range_refused"},           // avalanche
    {"max range:", Errc::Rejected, "range_refused"},                          // cloudflare
    {"allowed number of requested blocks", Errc::Rejected, "range_refused"},  // thirdweb
    {"try with this block range", Errc::Rejected, "range_refused"},           // infura, zksync
    {"block range is too wide", Errc::Rejected, "range_refused"},             // ankr
    {"this block range should work", Errc::Rejected, "range_refused"},        // alchemy
    {"limited to a ", Errc::Rejected, "range_refused"},         // quicknode, 1rpc, blast
    {"limited to ", Errc::Rejected, "range_refused", "block"},  // blockpi
    {"exceeds the range allowed", Errc::Rejected, "range_refused"},
    {"block range limit exceeded", Errc::Rejected, "range_refused"},  // chainstack
    {"please limit the query to", Errc::Rejected, "range_refused"},   // coinbase
    {"maximum block range", Errc::Rejected, "range_refused"},         // publicnode
    {"max block range", Errc::Rejected, "range_refused"},             // hyperliquid, tron
    {"range is too large", Errc::Rejected, "range_refused"},          // merkle
    {"block range too large", Errc::Rejected, "range_refused"},
    {"exceeds max results", Errc::Rejected, "range_refused"},
    {"query exceeds", Errc::Rejected, "range_refused"},
    {"matched by query exceeds limit", Errc::Rejected, "range_refused"},  // arbitrum
    {"query returned more than", Errc::Rejected, "range_refused"},
    {"response size should not", Errc::Rejected, "range_refused"},
    {"response size exceeded", Errc::Rejected, "range_refused"},
    {"response too large", Errc::Rejected, "range_refused"},
    {"response is too big", Errc::Rejected, "range_refused"},          // reth
    {"blocks are not supported on", Errc::Rejected, "range_refused"},  // drpc
    {"query timeout", Errc::Rejected, "range_refused"},
    {"query timed out", Errc::Rejected, "range_refused"},
    {"request timed out", Errc::Rejected, "range_refused"},
    {"request timeout", Errc::Rejected, "range_refused"},
    {"no backend is currently healthy", Errc::Unavailable, "node_unready"},
    {"too many requests", Errc::Unavailable, "throttled"},
    {"rate limit", Errc::Unavailable, "throttled"},
    {"rate-limit", Errc::Unavailable, "throttled"},
    {"rate exceeded", Errc::Unavailable, "throttled"},
    {"request count exceeded", Errc::Unavailable, "throttled"},
    {"compute units per second", Errc::Unavailable, "throttled"},
    {"throughput", Errc::Unavailable, "throttled"},
    {"capacity exceeded", Errc::Unavailable, "throttled"},
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
    {"missing trie node", Errc::Unavailable, "lagging_backend"},
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
