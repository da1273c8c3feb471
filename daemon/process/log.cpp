#include "daemon/process/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace settled::daemon {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto made = spdlog::stderr_logger_mt("settled");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *kLogger;
}

}  // namespace

void log_info(std::string_view text) {
  logger().info("{}", text);
}
void log_error(std::string_view text) {
  logger().error("{}", text);
}

}  // namespace settled::daemon
