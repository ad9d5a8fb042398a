# Headers of libraries are most of what a translation unit reads. Where a room is built at once
# (CMAKE_UNITY_BUILD) they are read once: one set for the rooms, one with the tests' own. A file that
# forgets to include what it uses is found by the debug preset, which has neither.
set(heavy <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstring> <deque> <expected>
  <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string>
  <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
set(SLIPWAY_HEAVY OFF)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(SLIPWAY_HEAVY ON)
endif()

# A set is owned by an empty library of its name, built with what its users have in common.
function(heavy_set name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/heavy/${name}.cpp CONTENT "")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/heavy/${name}.cpp)
  target_link_libraries(${name} PRIVATE fmt::fmt)
  target_precompile_headers(${name} PRIVATE ${heavy} ${ARGN})
endfunction()

function(heavy target set)
  if(SLIPWAY_HEAVY)
    target_precompile_headers(${target} REUSE_FROM ${set})
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # so that ccache can tell what is meant
  endif()
endfunction()

if(SLIPWAY_HEAVY)
  heavy_set(slipway_heavy)
  if(SLIPWAY_TESTS)
    heavy_set(slipway_heavy_tests <gtest/gtest.h> <gmock/gmock.h>)
    target_link_libraries(slipway_heavy_tests PRIVATE GTest::gmock_main)
    target_compile_options(slipway_heavy_tests PRIVATE $<$<CONFIG:Release>:-O0>)
  endif()
endif()
