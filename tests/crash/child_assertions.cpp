// What the book's fixture asserts with. The packaged library brings a main of its own along.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
