#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

using Deadline = std::chrono::steady_clock::time_point;
using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// The endpoints of a host, which may be an IP address itself, in the system's order of preference;
/// at most eight. Errors: Unavailable `connect_failed`, Timeout `timeout`. A look-up that the
/// system does not finish is left behind, not waited for.
Task<Result<Endpoints>> resolve(boost::asio::any_io_executor executor, std::string host,
                                std::uint16_t port, Deadline deadline);

}  // namespace settled::chains::http
