#include "chains/rpc/error.hpp"

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

namespace settled::chains::rpc {
namespace {

struct Case {
  std::int64_t code;
  std::string message;
  std::string reason;
};

}  // namespace

TEST_CASE("What nodes say is told apart by their words, then by their codes") {
  const Case given = GENERATE(
      Case{-32000, "requested too many blocks from 1 to 9, maximum is set to 2048",
           "range_refused"},
      Case{-32047, "Max range: 800", "range_refused"},
      Case{-32602, "Maximum allowed number of requested blocks is 3000", "range_refused"},
      Case{-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2].",
           "range_refused"},
      Case{-32600, "block range is too wide", "range_refused"},
      Case{-32602, "Log response size exceeded. this block range should work: [0x1, 0x2]",
           "range_refused"},
      Case{-32614, "eth_getLogs is limited to a 10,000 range", "range_refused"},
      Case{-32602, "eth_getLogs is limited to 1024 block range", "range_refused"},
      Case{-32000, "exceeds the range allowed for your plan (2000 > 500)", "range_refused"},
      Case{-32000, "Block range limit exceeded.", "range_refused"},
      Case{-32000, "please limit the query to at most 1000 blocks", "range_refused"},
      Case{-32701, "maximum block range: 50000", "range_refused"},
      Case{-32600, "query exceeds max block range 1000", "range_refused"},
      Case{-32000, "range is too large, max is 1k blocks", "range_refused"},
      Case{-32600, "exceed max block range: 5000", "range_refused"},
      Case{-32602, "query exceeds max results 20000, retry with the range 1-2", "range_refused"},
      Case{-32000, "logs matched by query exceeds limit of 10000", "range_refused"},
      Case{-32000, "backend response too large", "range_refused"},
      Case{-32005, "block range too large", "range_refused"},
      Case{35, "ranges over 10000 blocks are not supported on freetier", "range_refused"},
      Case{-32008, "Response is too big", "range_refused"},
      Case{-32000, "query timeout exceeded", "range_refused"},
      Case{-32016, "sender is over rate limit", "throttled"},
      Case{429, "Your app has exceeded its compute units per second capacity", "throttled"},
      Case{-32005, "daily request count exceeded, request rate limited", "throttled"},
      Case{-32005, "limit exceeded", "throttled"}, Case{-32007, "Too Many Requests", "throttled"},
      Case{-32011, "no backend is currently healthy to serve traffic", "node_unready"},
      Case{-32000, "nonce too low: next nonce 5, tx nonce 4", "nonce_too_low"},
      Case{-32010, "Transaction nonce is too low. Try incrementing the nonce.", "nonce_too_low"},
      Case{-32010, "OldNonce", "nonce_too_low"}, Case{-32000, "already known", "already_known"},
      Case{-32010, "AlreadyKnown", "already_known"},
      Case{-32000, "known transaction: 0xabc", "already_known"},
      Case{-32000, "Known transaction", "already_known"},
      Case{-32003, "transaction already imported", "already_known"},
      Case{-32000, "unknown transaction", "rpc_error"},
      Case{-32000, "replacement transaction underpriced", "underpriced"},
      Case{-32000, "transaction underpriced: gas tip cap 0", "underpriced"},
      Case{-32000, "max fee per gas less than block base fee: address 0x1", "underpriced"},
      Case{-32009, "transaction gas price below minimum: gas tip cap 1", "underpriced"},
      Case{-32000, "insufficient funds for gas * price + value: balance 0", "insufficient_funds"},
      Case{-32003, "Insufficient funds for gas * price + value", "insufficient_funds"},
      Case{-32004, "Upfront cost exceeds account balance", "insufficient_funds"},
      Case{3, "execution reverted: ERC20: transfer amount exceeds balance", "reverted"},
      Case{3, "something else", "reverted"}, Case{-32015, "VM execution error.", "reverted"},
      Case{-32601, "the method eth_x does not exist/is not available", "method_not_found"},
      Case{-32000, "Method not found", "method_not_found"},
      Case{-32000, "header not found", "lagging_backend"},
      Case{-32000, "unknown block", "lagging_backend"},
      Case{-32001, "Resource not found", "lagging_backend"},
      Case{-32000, "hash 0x1 is not currently canonical", "lagging_backend"},
      Case{-32000, "finalized block not found", "lagging_backend"},
      Case{-32602, "invalid argument 0: hex string", "rpc_error"}, Case{0, "", "rpc_error"});
  CAPTURE(given.code, given.message);
  const Error error = classify(given.code, given.message);
  CHECK(error.reason == given.reason);
  const bool retry = given.reason == "throttled" || given.reason == "node_unready" ||
                     given.reason == "lagging_backend";
  CHECK(error.code == (retry ? Errc::Unavailable : Errc::Rejected));
  CHECK(error.detail.find(std::to_string(given.code)) != std::string::npos);
}

TEST_CASE("A node's words are cut and cleaned before they reach a log") {
  const Error error = classify(-1, "a\nb\x1b[31m" + std::string(10'000, 'x'));
  CHECK(error.detail.size() < 700);
  CHECK(error.detail.find('\n') == std::string::npos);
  CHECK(error.detail.find('\x1b') == std::string::npos);
}

}  // namespace settled::chains::rpc
