#include "ledger/types/utf8.hpp"

#include <string>

#include <catch2/catch.hpp>

using settled::count_code_points;
using settled::is_utf8;

TEST_CASE("Well-formed UTF-8 is told from bytes, wherever they stand") {
  for (const std::string good : {"", "a", "é", "€", "😀", "\x7f", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80", "\xe0\xa0\x80"}) {
    for (std::size_t pad = 0; pad < 18; ++pad) {
      CHECK(is_utf8(std::string(pad, 'x') + good + std::string(17 - pad, 'y')));
    }
    CHECK(is_utf8(good));
  }
  for (const std::string bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf",
                                "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x28\xa1"}) {
    for (std::size_t pad = 0; pad < 18; ++pad) {
      CHECK_FALSE(is_utf8(std::string(pad, 'x') + bad + std::string(17 - pad, 'y')));
    }
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("Code points are counted, not bytes") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("abc") == 3);
  CHECK(count_code_points("é€😀") == 3);
}
