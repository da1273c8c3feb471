#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chains/http/task.hpp"
#include "chains/http/transport.hpp"
#include "chains/rpc/document.hpp"
#include "chains/rpc/endpoint.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

template <typename T>
using Task = http::Task<T>;

class JsonRpc;
class NodeGate;
struct LogQuestion;

/// One RPC node of an EVM chain, with typed questions. The node is not trusted: what it answers is
/// held against what was asked and against the header it belongs to. On the io_context's thread.
///
/// Errors of every question: those of http::Transport except Invalid, and
///   Unavailable `throttled` (see retry_after), `http_status`, `node_unready`, `lagging_backend`,
///   `overloaded`, and `pruned`: it says so, or lacks what lies far below the head that it told;
///   Corrupt `bad_json`, `bad_ids`, `bad_answer`, and where named below;
///   Rejected with the reason of `classify` (error.hpp): `rpc_error`, `range_refused`, `reverted`,
///   `nonce_too_low`, `already_known`, `underpriced`, `insufficient_funds`, `method_not_found`.
class Node {
 public:
  using Settings = Endpoint;

  /// `transport` must outlive the node and every question that is under way.
  /// `gate`: passed before each request, where there is one; it outlives this.
  Node(http::Transport& transport, Settings settings, NodeGate* gate = nullptr);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& name() const;
  /// How long the node asked to be left alone with its latest refusal for too many requests.
  std::chrono::milliseconds retry_after() const;

  Task<Result<std::uint64_t>> chain_id();
  /// In one request. A node that does not know eth_syncing counts as one that is not.
  Task<Result<Identity>> identity();
  /// NotFound `no_such_block`; Corrupt `another_block` if it is not the one asked for.
  Task<Result<Header>> block(BlockTag tag);
  /// The latest and the finalized block, in one request.
  Task<Result<Heads>> heads();
  /// In the order asked. NotFound `no_such_block` if one is unknown.
  Task<Result<std::vector<Header>>> headers(std::vector<std::uint64_t> numbers);

  /// One block and its logs of `topic0` by `addresses`, in one request, with every log bound to the
  /// header. Where the header's bloom allows a log that was not answered, the question is repeated
  /// by block hash, and both answers must agree.
  /// NotFound `no_such_block`; Unavailable `lagging_backend` (logs without their header);
  /// Corrupt `logs_of_another_block`, `logs_not_asked_for`, `duplicate_log`, `removed_log`,
  /// `logs_disagree`.
  Task<Result<BlockWithLogs>> block_with_logs(std::uint64_t number, std::vector<Address> addresses,
                                              evm::Hash topic0);
  /// The logs of the blocks from ..= to, with the header of `to` from the same request: a backend
  /// that does not know `to` yet answers Unavailable `lagging_backend`, not an empty list.
  /// Rejected `range_refused`: ask for fewer blocks. Else as above. REQUIRES: from <= to.
  Task<Result<LogRange>> logs(std::uint64_t from, std::uint64_t to, std::vector<Address> addresses,
                              evm::Hash topic0);

  /// A block's header and its transactions' hashes, as they were told: for chains/proof, which
  /// holds them against one another. Whether it is the block asked for is for the caller to see.
  /// NotFound `no_such_block`.
  Task<Result<Document>> block_document(std::uint64_t number);
  /// All receipts of a block (eth_getBlockReceipts), likewise. Unavailable `lagging_backend` where
  /// the node has none, or `pruned` where the block of that `number` lies far below its head;
  /// Rejected `method_not_found` where it does not know the question.
  Task<Result<Document>> receipts_document(BlockHash block, std::uint64_t number = UINT64_MAX);

  /// In the order asked; nothing for a transaction that is not in a block.
  /// Corrupt `another_transaction`.
  Task<Result<std::vector<std::optional<Receipt>>>> receipts(std::vector<TxHash> hashes);

  /// NotFound `no_such_transaction` where the node knows of none; Corrupt `another_transaction`.
  Task<Result<SeenTransaction>> transaction(TxHash hash);

  /// The next nonce as of a block, or with `Tag::Pending` after the pool's transactions.
  Task<Result<std::uint64_t>> transaction_count(Address account, BlockTag tag);
  /// In wei.
  Task<Result<U256>> balance(Address account, BlockTag tag);
  Task<Result<Bytes>> call(Address to, Bytes data, BlockTag tag,
                           std::optional<Address> from = std::nullopt);
  Task<Result<bool>> has_code(Address account);
  /// Gas, one result for each request, in one batch. A call that would fail: Rejected `reverted`.
  Task<Result<std::vector<Result<std::uint64_t>>>> estimate_gas(std::vector<CallRequest> calls);
  Task<Result<Fees>> fees();

  /// One result for each transaction: its own hash if the node took it or had it already.
  /// Corrupt `another_transaction` if the node answers another hash.
  Task<Result<std::vector<Result<TxHash>>>> send_raw(std::vector<Bytes> signed_transactions);

 private:
  Task<Result<std::vector<Log>>> logs_by_hash(Header header, LogQuestion question);

  /// Of what the node has not, though it told a head that is far above.
  bool is_deep(std::uint64_t number) const;
  std::unexpected<Error> missing(std::uint64_t number) const;

  std::string name_;
  std::unique_ptr<JsonRpc> rpc_;
  std::uint64_t told_head_ = 0;
};

}  // namespace settled::chains::rpc
