#include <utility>

#include "chains/rpc/decode.hpp"
#include "chains/rpc/json_rpc.hpp"
#include "chains/rpc/log_fields.hpp"
#include "chains/rpc/node.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;

Call block_call(const BlockTag& tag) {
  const auto* hash = std::get_if<BlockHash>(&tag);
  Call out{hash ? "eth_getBlockByHash" : "eth_getBlockByNumber", json::array()};
  out.params.push_back(hash ? json(to_0x(hash->view())) : encode_block(tag));
  out.params.push_back(false);
  return out;
}

}  // namespace

Task<Result<Header>> Node::block(BlockTag tag) {
  CO_TRY(const Document answer, co_await rpc_->document(block_call(tag)));
  co_return read_header_of(answer, tag);
}

Task<Result<Heads>> Node::heads() {
  std::vector<Call> calls;
  calls.push_back(block_call(Tag::Latest));
  calls.push_back(block_call(Tag::Finalized));
  CO_TRY(LargeAnswers answers, co_await rpc_->documents(std::move(calls)));
  CO_TRY(const Document latest, std::move(answers.results[0]));
  const Result<Document>& finalized = answers.results[1];
  Heads heads;
  CO_TRY(heads.latest, read_header_of(latest, Tag::Latest));
  // A node that does not know the tag refuses the question, and one whose chain has no final block
  // yet answers null.
  if (finalized && !finalized->is_null()) {
    CO_TRY(heads.finalized, read_header_of(*finalized, Tag::Finalized));
    if (heads.finalized->number > heads.latest.number) {
      co_return fail(Errc::Corrupt, "bad_answer", "the finalized block is above the latest");
    }
  }
  told_head_ = heads.latest.number;
  co_return heads;
}

Task<Result<std::vector<Header>>> Node::headers(std::vector<std::uint64_t> numbers) {
  std::vector<Call> calls;
  calls.reserve(numbers.size());
  for (const std::uint64_t number : numbers) calls.push_back(block_call(number));
  CO_TRY(LargeAnswers answers, co_await rpc_->documents(std::move(calls)));
  std::vector<Header> out;
  out.reserve(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CO_TRY(const Document answer, std::move(answers.results[i]));
    if (answer.is_null()) co_return missing(numbers[i]);
    CO_TRY(Header header, read_header_of(answer, numbers[i]));
    out.push_back(std::move(header));
  }
  co_return out;
}

}  // namespace settled::chains::rpc
