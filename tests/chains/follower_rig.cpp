#include "tests/chains/follower_rig.hpp"

#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

namespace settled::tests {
namespace {

std::string url_of(unsigned node) {
  return "http://node" + std::to_string(node);
}

chains::rpc::NodePool::Settings pool_settings(unsigned nodes, std::size_t needed,
                                              std::vector<std::string>* incidents) {
  chains::rpc::NodePool::Settings out{.chain_id = 31337, .nodes = {}};
  for (unsigned i = 0; i < nodes; ++i) {
    out.nodes.push_back({.name = "node" + std::to_string(i), .url = url_of(i)});
  }
  out.min_agreeing_nodes = needed;
  out.on_forgery = [incidents](const std::string& node, const Error& error) {
    incidents->push_back(node + " " + error.reason + ": " + error.detail);
  };
  out.on_incident = [incidents](const std::string& node, const Error& error) {
    incidents->push_back(node + " " + error.reason + ": " + error.detail);
  };
  return out;
}

/// Once: an error that a test prepared.
Status take(std::vector<Error>& errors) {
  if (errors.empty()) return {};
  Error error = std::move(errors.back());
  errors.pop_back();
  return std::unexpected(std::move(error));
}

}  // namespace

Status Recorder::blocks(const chains::BlockBatch& batch) {
  TRY_OK(take(refuse));
  std::string call;
  std::vector<chains::BlockRef> refs;
  const chains::BlockRef* before = &cursor.head();
  for (const chains::SeenBlock& seen : batch.blocks) {
    REQUIRE(seen.block.number > before->number);
    const bool next = seen.block.number == before->number + 1;
    if (next && seen.parent != before->hash) return fail(Errc::Conflict, "parent_mismatch", "");
    if (!next) REQUIRE(seen.block.number <= batch.final_number);
    refs.push_back(seen.block);
    before = &seen.block;
    call += (call.empty() ? "" : ",") + std::to_string(seen.block.number);
    if (!seen.transfers.empty()) transfers[seen.block.number] = seen.transfers;
  }
  REQUIRE(batch.chain == "base");
  REQUIRE(batch.final_number >= cursor.final_number);
  cursor.advance(refs, batch.final_number);
  calls.push_back(call + " final " + std::to_string(cursor.final_number));
  return {};
}

Status Recorder::rewind(const chains::BlockRef& to) {
  TRY_OK(take(refuse));
  REQUIRE(to.number >= cursor.final_number);
  REQUIRE(to.number < cursor.head().number);
  REQUIRE(*cursor.find(to.number) == to);
  cursor.rewind(to.number);
  transfers.erase(transfers.upper_bound(to.number), transfers.end());
  calls.push_back("rewind " + std::to_string(to.number));
  return {};
}

std::vector<std::string> Recorder::transfer_values() const {
  std::vector<std::string> out;
  for (const auto& [number, seen] : transfers) {
    for (const chains::SeenTransfer& transfer : seen) {
      out.push_back(std::to_string(number) + ":" + to_string(transfer.base_units));
    }
  }
  return out;
}

FollowerRig::FollowerRig(chains::ChainSettings settings, unsigned count,
                         decltype(chains::Follower::Callbacks::due) due)
    : node(nodes.add(url_of(0))) {
  for (unsigned i = 1; i < count; ++i) nodes.add(url_of(i));
  recorder.cursor.recent = {node.blocks.front().block};
  pool_.emplace(nodes, clock_, random_,
                pool_settings(count, settings.min_agreeing_nodes, &incidents));
  chains::Follower::Callbacks callbacks{
      .wanted = [](const auto&, const auto& to) { return to == address(1); },
      .on_blocks = [this](chains::BlockBatch batch) -> chains::http::Task<Status> {
        co_return recorder.blocks(batch);
      },
      .on_rewind = [this](chains::BlockRef to) -> chains::http::Task<Status> {
        co_return recorder.rewind(to);
      },
      .load = [this]() -> chains::http::Task<Result<chains::Cursor>> {
        CO_TRY_OK(take(recorder.refuse));
        co_return recorder.cursor;
      },
      .due = std::move(due),
      .on_halt =
          [this](const chains::FollowStatus& told) {
            const bool halted = told.state == chains::FollowState::Halted;
            halts.push_back(halted ? told.reason : "goes on");
          }};
  follower_.emplace(io_.get_executor(), std::move(settings), *pool_, clock_, std::move(callbacks));
  auto at_end = [this](std::exception_ptr thrown, Status status) {
    if (!thrown && !status) ended = status.error();
  };
  boost::asio::co_spawn(io_, follower_->run(),
                        boost::asio::bind_cancellation_slot(stop_.slot(), std::move(at_end)));
}

FollowerRig::~FollowerRig() {
  stop_.emit(boost::asio::cancellation_type::terminal);
  io_.run();
}

void FollowerRig::step() {
  follower_->wake();
  if (io_.stopped()) return;
  io_.run_one();
}

void FollowerRig::until(const std::function<bool()>& reached) {
  for (int i = 0; i < 100'000 && !reached(); ++i) step();
  INFO(status().reason << ": " << status().detail);
  REQUIRE(reached());
}

void FollowerRig::until_head(std::uint64_t number) {
  until([&] {
    const auto& head = status().head;
    return head && head->number == number && head->hash == node.blocks[number].block.hash &&
           status().state == chains::FollowState::Following;
  });
}

void FollowerRig::look_around() {
  const std::uint64_t enough = nodes.questions + 20;
  until([&] { return nodes.questions >= enough; });
}

FakeTransfer payment(const std::string& name, std::uint64_t value) {
  return {.token = kToken, .from = address(2), .to = address(1), .value = value, .name = name};
}

}  // namespace settled::tests
