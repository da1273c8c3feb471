#pragma once

#include <boost/asio/awaitable.hpp>

namespace settled::chains::http {

/// A coroutine on the one io_context thread. Parameters go by value: the caller's frame may be gone
/// when it runs. Lazy: nothing happens until it is awaited or spawned.
template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace settled::chains::http
