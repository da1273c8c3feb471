#pragma once

#include <functional>
#include <utility>

#include "chains/rpc/pool.hpp"
#include "daemon/async/book.hpp"

namespace settled::daemon::payouts {

/// Asks the pool with a lambda, whose type `NodePool::call` cannot deduce from.
template <typename T, typename Ask>
Task<Result<T>> ask(chains::rpc::NodePool& nodes, Ask question) {
  std::function<Task<Result<T>>(chains::rpc::Node&)> asked = std::move(question);
  co_return co_await nodes.call<T>(std::move(asked));
}

}  // namespace settled::daemon::payouts
