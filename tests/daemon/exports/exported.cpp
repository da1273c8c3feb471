#include "tests/daemon/exports/exported.hpp"

#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/ledger/random_book.hpp"

namespace settled::tests {

using daemon::exports::Piece;
using daemon::exports::Place;

std::string exported_from(const ledger::store::Reader& reader,
                          const daemon::exports::Request& request, Place place,
                          const daemon::exports::PieceLimits& limits) {
  std::string out;
  for (int pieces = 0; pieces < 100'000; ++pieces) {
    const auto piece = daemon::exports::next_piece(reader, request, place, {}, limits);
    if (!piece) FAIL(piece.error().reason << ": " << piece.error().detail);
    out += piece->text;
    if (!piece->next) return out;
    place = Place::parse(piece->next->to_text()).value();
    REQUIRE(place == *piece->next);
  }
  FAIL("the export does not end");
  return out;
}

std::string exported(const ledger::store::Reader& reader, const daemon::exports::Request& request,
                     const daemon::exports::PieceLimits& limits) {
  REQUIRE(daemon::exports::check(request).has_value());
  const Place place = daemon::exports::begin(reader, request).value();
  return exported_from(reader, request, place, limits);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    out.push_back(line);
  }
  return out;
}

void fill(BookFixture& books, std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<std::uint32_t> dice(4'000);
  for (std::uint32_t& each : dice) each = static_cast<std::uint32_t>(engine() % (1U << 30U));
  RandomBook random(std::move(dice));
  while (auto next = random.next()) {
    books.clock().advance(next->advance_ms);
    random.learn(next->command, books.book().apply(next->command, next->key));
  }
}

}  // namespace settled::tests
