// A temporary folder for one shim, and waiting for what it does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "os/clock.h"
#include "os/files.h"
#include "os/http.h"
#include "os/net.h"
#include "os/processes.h"
#include "os/shim.h"

namespace slipway::os {

inline bool soon(const std::function<bool()>& holds, std::chrono::milliseconds limit = 5s) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);  // poll
  }
  return true;
}

inline bool gone(pid_t pid) { return !alive(process_of(pid)); }

class ShimTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("SLIPWAY_SHIM", SLIPWAY_BINARY_DIR "/slipway-shim", 0); }
  void TearDown() override {
    if (auto left = Shim::adopt(folder())) std::ignore = left->end();
    EXPECT_TRUE(Shim::clear(folder()));
  }
  std::string folder() const { return (temp_.path() / "i1").string(); }
  ShimSpec script(const std::string& line) const {
    ShimSpec spec;
    spec.directory = folder();
    spec.argv = {"/bin/sh", "-c", line};
    spec.env = {{"PATH", "/usr/bin:/bin"}, {"TOKEN", "hush-hush"}};
    spec.workdir = temp_.path().string();
    spec.user_data = "port 1\nanything\n";
    return spec;
  }
  std::string read(const std::string& name) const {
    return read_file(temp_.path() / "i1" / name).value_or("(none)");
  }
  pid_t pid_in(const std::string& name) const {
    EXPECT_TRUE(soon([&] { return !read_file(temp_.path() / name).value_or("").empty(); })) << name;
    return std::atoi(read_file(temp_.path() / name).value_or("0").c_str());
  }
  static pid_t shim_of(const Shim& shim) { return shim.status().value_or(ShimStatus{}).shim; }
  TempDir temp_;
};

}  // namespace slipway::os
