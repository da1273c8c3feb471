#include "chains/rpc/node_gate.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>

namespace settled::chains::rpc {
namespace {

std::unexpected<Error> overloaded() {
  return fail(Errc::Unavailable, "overloaded", "too many questions wait for the node");
}

}  // namespace

/// Those that wait for bytes, in the order in which they came.
struct NodeGate::Line {
  struct Place {
    Place(const boost::asio::any_io_executor& executor, std::size_t bytes)
        : turn(executor), wanted(bytes) {}
    Bell turn;
    std::size_t wanted;
    bool granted = false;
  };
  using At = std::list<Place>::iterator;

  /// A place that nobody waits at any more, also where its asker was cancelled.
  struct Held {
    Line& line;
    At at;
    bool used = false;
    ~Held() {
      if (at->granted && !used) line.taken -= at->wanted;
      line.places.erase(at);
      line.serve();
    }
  };

  std::size_t limit = 0;
  std::size_t max_waiting = 0;
  std::size_t taken = 0;
  std::size_t in_bucket = 0;  // they wait for the calls of a second
  std::list<Place> places;

  bool fits(std::size_t bytes) const { return bytes <= limit - taken; }
  void serve() {
    for (Place& place : places) {
      if (place.granted) continue;
      if (!fits(place.wanted)) return;
      taken += place.wanted;
      place.granted = true;
      place.turn.ring();
    }
  }
};

NodeGate::NodeGate(const Clock& clock, Wait wait, Settings settings)
    : clock_(clock), wait_(std::move(wait)), line_(std::make_shared<Line>()) {
  line_->limit = settings.max_bytes_under_way;
  line_->max_waiting = settings.max_waiting;
  if (settings.max_requests_per_second) bucket_.emplace(*settings.max_requests_per_second);
}

NodeGate::Pass::Pass(std::shared_ptr<Line> line, std::size_t bytes)
    : line_(std::move(line)), bytes_(bytes) {}

NodeGate::Pass::~Pass() {
  if (!line_) return;
  line_->taken -= bytes_;
  line_->serve();
}

std::size_t NodeGate::largest_batch() const {
  return bucket_ ? bucket_->largest_batch() : SIZE_MAX;
}

std::size_t NodeGate::bytes_under_way() const {
  return line_->taken;
}

std::size_t NodeGate::waiting() const {
  return line_->places.size() + line_->in_bucket;
}

http::Task<Result<NodeGate::Pass>> NodeGate::enter(std::size_t calls, std::size_t bytes) {
  const std::shared_ptr<Line> line = line_;
  INVARIANT(bytes <= line->limit);
  if (bucket_) {
    if (waiting() >= line->max_waiting) co_return overloaded();
    const auto pause = bucket_->take(clock_.now(), calls);
    if (!pause) co_return overloaded();
    if (pause->count() > 0) {
      struct Counted {
        Line& line;
        explicit Counted(Line& counted) : line(counted) { ++line.in_bucket; }
        ~Counted() { --line.in_bucket; }
      } counted{*line};
      co_await wait_(*pause);
    }
  }
  if (line->places.empty() && line->fits(bytes)) {
    line->taken += bytes;
    co_return Pass(line, bytes);
  }
  if (line->places.size() >= line->max_waiting) co_return overloaded();
  const auto executor = co_await boost::asio::this_coro::executor;
  Line::Held held{*line, line->places.emplace(line->places.end(), executor, bytes)};
  co_await held.at->turn.wait();
  held.used = true;
  co_return Pass(line, bytes);
}

}  // namespace settled::chains::rpc
