#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "chains/http/client.hpp"
#include "tests/chains/http/server.hpp"

namespace settled::chains::http {

/// A client on an io_context of its own, which the test's servers share.
struct World {
  explicit World(Client::Settings settings = {})
      : client(Client::create(io.get_executor(), std::move(settings)).value()) {}

  Result<Response> get(std::string url, Limits limits = {}) {
    return send(Request{"GET", std::move(url)}, limits);
  }
  Result<Response> send(Request request, Limits limits = {}) {
    return run(io, client->send(std::move(request), limits));
  }

  boost::asio::io_context io;
  std::unique_ptr<Client> client;
};

inline Limits within(int timeout_ms) {
  return {1 << 20, std::chrono::milliseconds(timeout_ms)};
}

}  // namespace settled::chains::http
