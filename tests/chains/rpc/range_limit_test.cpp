#include "chains/rpc/range_limit.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "chains/rpc/error.hpp"

namespace settled::chains::rpc {
namespace {

struct Refusal {
  std::string source;  ///< who says so, and where that was read
  std::int64_t code;
  std::string message;
  std::optional<std::uint64_t> blocks = {};
};

// "ponder": packages/utils/src/getLogsRetryHelper.ts and its tests at 9ad4a442, which ask the
// providers themselves. "eRPC": architecture/evm/error_normalizer.go at 01597705.
const Refusal kRefusals[] = {
    {"avalanche, ponder", -32000,
     "requested too many blocks from 1 to 9999, maximum is set to 2048", 2048},
    {"cloudflare, ponder", -32047, "Max range: 800", 800},
    {"thirdweb, ponder", -32602, "Maximum allowed number of requested blocks is 1000", 1000},
    {"infura, ponder", -32005,
     "query returned more than 10000 results. Try with this block range [0x112A880, 0x112A8FF].",
     128},
    {"zksync, ponder", -32602,
     "Query returned more than 10000 results. Try with this block range [0x1,0x3e8].", 1000},
    {"ankr, ponder", -32600, "block range is too wide", 3000},
    {"ankr on tac, ponder", -32600, "maximum [from, to] blocks distance: 10000", 10000},
    {"alchemy, ponder", -32602,
     "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range "
     "and "
     "no limit on the response size, or you can request any block range with a cap of 10K logs in "
     "the response. Based on your parameters and the response size limit, this block range should "
     "work: [0x100, 0x1ff]",
     256},
    {"quicknode, ponder", -32614, "eth_getLogs is limited to a 10,000 range", 10000},
    {"quicknode's free plan, its documentation", -32615,
     "eth_getLogs requests are limited to a 5 block range", 5},
    {"1rpc, ponder", -32000, "eth_getLogs is limited to a 1000 blocks range", 1000},
    {"1rpc, probe of 2026", -32602, "eth_getLogs is limited to 0 - 50 blocks range", 50},
    {"blast, ponder", -32600, "exceeds the range allowed for your plan (2001 > 500)", 500},
    {"blockpi, ponder", -32602, "eth_getLogs is limited to 1024 block range", 1024},
    {"chainstack, ponder", -32000, "Block range limit exceeded. See more details at ...", 100},
    {"coinbase, ponder", -32602, "please limit the query to at most 1000 blocks", 1000},
    {"publicnode, ponder", -32701, "exceed maximum block range: 50000", 50000},
    {"hyperliquid, ponder", -32603, "query exceeds max block range 50", 50},
    {"altitude, ponder", -32602, "allowed block range threshold exceeded"},
    {"merkle, ponder", -32000, "eth_getLogs range is too large, max is 1k blocks", 1000},
    {"merkle, ponder", -32000, "eth_getLogs range is too large, max is 10k blocks", 10000},
    {"swell, ponder", -32602, "block range greater than 1000 max", 1000},
    {"somnia, ponder", -32602, "block range exceeds 1000", 1000},
    {"harmony, ponder", -32000, "query must be smaller than size 1024", 1024},
    {"moonriver, ponder", -32603, "block range is too wide (maximum 1024)", 1024},
    {"aurora, ponder", -32005, "You can make requests with up to a 2000 block range", 2000},
    {"tron, ponder", -32005, "exceed max block range: 5000", 5000},
    {"drpc, its free tier", 35, "ranges over 10000 blocks are not supported on freetier", 10000},
    {"base, ponder", -32602, "block range too large", 2000},
    {"optimism, ponder", -32602, "Block range is too large"},
    {"optimism, ponder", -32020, "backend response too large"},
    {"arbitrum, ponder", -32000, "logs matched by query exceeds limit of 10000"},
    {"zkevm, ponder", -32000, "query returned more than 10000 results"},
    {"llamarpc, ankr, ponder", -32000, "query exceeds max results 20000"},
    {"reth", -32602, "query exceeds max results 20000, retry with the range 4096-4351", 256},
    {"reth", -32602, "query exceeds max block range 100000", 100000},
    {"reth, jsonrpsee", -32008, "Response is too big"},
    {"1rpc, ponder", -32603, "response size should not greater than 10000000 bytes"},
    {"eRPC", -32000, "block range limit exceeded", 100},
    {"several", -32000, "query timeout exceeded"},
    {"several", -32000, "request timed out"},
};

const Refusal kThrottling[] = {
    {"optimism's sequencer, ponder", -32016, "sender is over rate limit"},
    {"alchemy", 429,
     "Your app has exceeded its compute units per second capacity. If you have retries enabled, "
     "you "
     "can safely ignore this message."},
    {"infura", -32005, "daily request count exceeded, request rate limited"},
    {"quicknode", -32007,
     "50/second request limit reached - reduce calls per second: requests per "
     "second limited to a plan's range"},
    {"chainstack", -32005, "You've exceeded the RPS limit available on the current plan."},
    {"eRPC", -32000, "requests limited to 100 per block of time"},
    {"eRPC", -32000, "Exceeded the quota"},
    {"blockpi", -32000, "rate limit exceeded: limited to 20 requests a block"},
    {"publicnode", -32000, "Too Many Requests"},
    {"bsc", -32005, "limit exceeded"},
};

}  // namespace

TEST_CASE("Every provider's refusal of a range is understood, with the blocks that it allows") {
  for (const Refusal& refusal : kRefusals) {
    INFO(refusal.source << ": " << refusal.message);
    const Error error = classify(refusal.code, refusal.message);
    CHECK(error.reason == "range_refused");
    CHECK(error.code == Errc::Rejected);
    CHECK(blocks_allowed(refusal.message) == refusal.blocks);
    CHECK(blocks_allowed(error.detail) == refusal.blocks);
  }
}

TEST_CASE("Words about the rate of questions are throttling and never a matter of the range") {
  for (const Refusal& refusal : kThrottling) {
    INFO(refusal.source << ": " << refusal.message);
    CHECK(classify(refusal.code, refusal.message).reason == "throttled");
  }
}

TEST_CASE("A node that is behind the range is lagging, whatever else its words hold") {
  CHECK(classify(-32602, "block range extends beyond current head block").reason ==
        "lagging_backend");
  CHECK(classify(-32000,
                 "requested block range [4096, 8192] is beyond latest executed block 4000 (node is "
                 "still syncing)")
            .reason == "lagging_backend");
}

TEST_CASE("Too many addresses are no matter of the range") {
  CHECK(classify(-32602, "exceed max addresses or topics per search position").reason ==
        "rpc_error");
  CHECK(classify(-32602, "the request contains 7000 filters. The current limit is 5000").reason ==
        "rpc_error");
}

TEST_CASE("Numbers that name no limit are not followed") {
  for (const char* said :
       {"Max range: 0", "Max range: many", "Max range: 99999999999999999999999999",
        "Max range: 9999999999999", "try with this block range [0x20, 0x10]",
        "try with this block range [0x20]", "try with this block range [0x, 0x10]",
        "query returned more than 10000 results", "exceeds the range allowed for your plan", "",
        "limited to ", "this block range should work: [0x0, 0xffffffffffffffff]"}) {
    INFO(said);
    CHECK(blocks_allowed(said) == std::nullopt);
  }
}

}  // namespace settled::chains::rpc
