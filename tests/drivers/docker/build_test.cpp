// What goes to an engine for a build, and what is heard of it, without one.
#include "drivers/docker/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "drivers/docker/ignore.h"
#include "drivers/docker/prune.h"
#include "os/files.h"

namespace slipway::docker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Ignore, PatternsAsTheEngineReadsThem) {
  const Ignored ignored(
      "# a "
      "comment\n*.log\n**/*.tmp\n/build\nnode_modules/\ndocs/*/draft.md\nsecret?.txt\n[a-c].bin\n"
      "a/**/z\n  spaced  \n");
  for (const char* path :
       {"x.log", "x.tmp", "deep/er/x.tmp", "build", "build/any/thing", "node_modules/m/index.js",
        "docs/a/draft.md", "secret1.txt", "b.bin", "a/z", "a/b/c/z", "spaced"})
    EXPECT_TRUE(ignored.leaves_out(path)) << path;
  for (const char* path : {"deep/x.log", "builds", "docs/draft.md", "docs/a/b/draft.md",
                           "secret.txt", "secret12.txt", "d.bin", "b/z", "# a comment"})
    EXPECT_FALSE(ignored.leaves_out(path)) << path;
}

TEST(Ignore, TheLastLineThatSpeaksOfAPathDecides) {
  const Ignored ignored("docs\n!docs/README.md\ndocs/*.bak\n");
  EXPECT_TRUE(ignored.leaves_out("docs/a.md"));
  EXPECT_FALSE(ignored.leaves_out("docs/README.md"));
  EXPECT_TRUE(ignored.leaves_out("docs/README.bak"));
  EXPECT_TRUE(ignored.has_exceptions());
  EXPECT_FALSE(Ignored("*\n").has_exceptions());
  EXPECT_TRUE(Ignored("*\n").leaves_out("any"));
  EXPECT_TRUE(Ignored("**\n").leaves_out("any/where"));
}

TEST(Ignore, HostilePatternsEnd) {
  const Ignored ignored(std::string(60, '*') + "x\n" +
                        "a*b*c*d*e*f*g*h*i*j*k*\n[\n\\\n**/**/**/**/**/**/q\n");
  EXPECT_FALSE(ignored.leaves_out(std::string(4000, 'a') + "y"));
}

class Folder : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text = "x") {
    fs::create_directories((temp_.path() / name).parent_path());
    std::ofstream(temp_.path() / name) << text;
  }
  os::TempDir temp_;
};

TEST_F(Folder, HoldsWhatIsNotLeftOutAndAlwaysTheDockerfile) {
  put("Dockerfile");
  put(".dockerignore", "*\n!src\nsrc/*.o\n");
  put("src/main.c");
  put("src/main.o");
  put("other/file");
  const auto names = context_of(temp_.path(), temp_.path() / "Dockerfile");
  ASSERT_TRUE(names) << names.error().text;
  EXPECT_THAT(*names, ElementsAre(".dockerignore", "Dockerfile", "src", "src/main.c"));
  EXPECT_EQ(context_of(temp_.path() / "none", temp_.path() / "Dockerfile").error().fault,
            Fault::missing);
}

TEST_F(Folder, ADockerfilesOwnListBeatsTheFolders) {
  put("ci/Dockerfile");
  put("ci/Dockerfile.dockerignore", "ci\nfrom_ci\n");
  put(".dockerignore", "from_root\n");
  put("from_root");
  put("from_ci");
  EXPECT_THAT(*context_of(temp_.path(), temp_.path() / "ci" / "Dockerfile"),
              ElementsAre(".dockerignore", "ci/Dockerfile", "from_root"));
}

TEST(Prune, WhatIsNewOrNeededStays) {
  const std::vector<Stored> images{
      {"sha256:1", {"web:v1"}, {}, 1},
      {"sha256:2", {"web:v2", "mine:latest"}, {}, 2},
      {"sha256:3", {"docker.io/library/web:v3"}, {"web@sha256:d3"}, 3},
      {"sha256:4", {"web:v4"}, {}, 4},
      {"sha256:5", {"web:v5"}, {}, 5},
      {"sha256:6", {"other:v6"}, {}, 6},
  };
  EXPECT_THAT(unneeded(images, "web", 2, {}),
              ElementsAre("web:v1", "web:v2", "docker.io/library/web:v3"));
  EXPECT_THAT(unneeded(images, "web", 2, {"sha256:1", "v2", "sha256:d3"}), ElementsAre());
  EXPECT_THAT(unneeded(images, "web", 0, {"v1", "v2", "v3"}), ElementsAre("web:v4"));
}

TEST(Progress, LinesComeWholeAndTheImageIsNamed) {
  std::vector<std::string> heard;
  BuildLines lines([&](std::string_view line) { heard.emplace_back(line); });
  lines.feed(R"({"stream":"Step 1/2 : FROM scratch"})"
             "\r\n"
             R"({"stream":"\n"})"
             "\n{");
  lines.feed(R"("stream":" ---> 12"})"
             "\n"
             R"({"stream":"ab\n"})"
             "\n");
  lines.feed(R"({"status":"Downloading","progress":"[=> ]","id":"l1"})"
             "\n");
  lines.feed(R"({"status":"Pull complete","id":"l1"})"
             "\n"
             R"({"aux":{"ID":"sha256:7"}})");
  EXPECT_EQ(*lines.end(), "sha256:7");
  EXPECT_THAT(heard, ElementsAre("Step 1/2 : FROM scratch", " ---> 12ab", "l1: Pull complete"));
}

TEST(Progress, AnErrorInAGoodStreamIsAFailure) {
  BuildLines lines({});
  lines.feed(R"({"stream":"Step 2/2 : RUN false\n"})"
             "\n");
  lines.feed(R"({"errorDetail":{"code":1},"error":"The command returned a non-zero code: 1"})");
  const auto id = lines.end();
  ASSERT_FALSE(id);
  EXPECT_THAT(id.error().text, HasSubstr("non-zero code: 1"));
  EXPECT_FALSE(BuildLines({}).end()) << "no image was named";
}

}  // namespace
}  // namespace slipway::docker
