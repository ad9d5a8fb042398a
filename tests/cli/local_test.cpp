// What works without an agent: init, check, completion; and the real terminal.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/handover.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "stage.h"

namespace slipway::cli {
namespace {

class Local : public Stage {
 protected:
  // What init wrote is a configuration that is good.
  void expect_good() {
    config::Sources sources;
    sources.folder = folder.string();
    sources.bytes = read("slipway.yaml");
    auto config = config::load(sources);
    EXPECT_TRUE(config) << (config ? "" : text::render(config.error())) << sources.bytes;
  }
};

TEST_F(Local, InitFromReleases) {
  write("releases/v1/server", "#!/bin/sh\n", true);
  write("releases/v2/server", "#!/bin/sh\n", true);
  EXPECT_EQ(run_line({"init"}), 0);
  EXPECT_NE(read("slipway.yaml").find("run: ./releases/${version}/server\n"), std::string::npos);
  EXPECT_NE(console.written.find("slipway deploy production --version v2"), std::string::npos);
  expect_good();
  std::string before = read("slipway.yaml");
  EXPECT_EQ(run_line({"init"}), 2);
  EXPECT_EQ(read("slipway.yaml"), before);
}

TEST_F(Local, InitFromEachLanguage) {
  const std::tuple<const char*, const char*, const char*> kProjects[] = {
      {"package.json", R"({"main":"./lib/app.js"})", "exec node ./releases/${version}/lib/app.js"},
      {"package.json", R"json({"main":"$(rm)"})json", "exec node ./releases/${version}/index.js"},
      {"Cargo.toml", "[package]\nname = \"cart\"\n", "./releases/${version}/cart"},
      {"requirements.txt", "flask\n", "exec python3 ./releases/${version}/app.py"},
      {"go.mod", "module x\n", "./releases/${version}/"},
      {"Dockerfile", "FROM scratch\n", "./releases/${version}/server"},
  };
  for (const auto& [file, bytes, run] : kProjects) {
    write(file, bytes);
    EXPECT_EQ(run_line({"init"}), 0) << file;
    EXPECT_NE(read("slipway.yaml").find(run), std::string::npos) << read("slipway.yaml");
    expect_good();
    fs::remove(folder / "slipway.yaml");
    fs::remove(folder / file);
  }
  write("tool", "#!/bin/sh\n", true);
  EXPECT_EQ(run_line({"init", "--dry-run"}), 0);
  EXPECT_NE(console.written.find("./releases/${version}/tool"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "slipway.yaml"));
}

TEST_F(Local, CheckWithoutAnAgent) {
  write("slipway.yaml",
        "service: { name: web, run: \"./r --port ${port}\" }\n"
        "environments:\n  production: { listen: 127.0.0.1:8080 }\n");
  EXPECT_EQ(run_line({"check"}), 0) << console.errors;
  EXPECT_NE(console.written.find("is good"), std::string::npos);
  EXPECT_EQ(run_line({"check", "--show"}), 0);
  EXPECT_NE(console.written.find("127.0.0.1:8080"), std::string::npos);
  EXPECT_EQ(run_line({"check", "nowhere"}), 2);
  write("slipway.yaml", "servise: { name: web, run: ./r }\nenvironments:\n  production: {}\n");
  EXPECT_EQ(run_line({"validate"}), 2);
  EXPECT_NE(console.errors.find("slipway.yaml:1:1: error:"), std::string::npos) << console.errors;
  EXPECT_NE(console.errors.find("service"), std::string::npos);
  EXPECT_EQ(run_line({"check", "-o", "json"}), 2);
  EXPECT_EQ(out_json().at("errors").at(0).at("at"), "slipway.yaml:1:1");
  EXPECT_TRUE(spawned.empty());
}

TEST_F(Local, CheckByTheAgentHandsTheFileOver) {
  project();
  script.on("POST /v1/check", 200,
            R"({"schema":"check/1","ok":true,"services":["web"],"environments":["production"],
                "notices":["slipway.yaml:1:1: notice: n"],"show":"all of it"})");
  EXPECT_EQ(run_line({"check"}), 0);
  EXPECT_NE(console.errors.find("notice: n"), std::string::npos);
  ASSERT_NE(script.body_of("POST /v1/check"), nullptr);
  EXPECT_TRUE(script.body_of("POST /v1/check")->contains("config_files"));
  EXPECT_EQ(run_line({"check", "--show"}), 0);
  EXPECT_EQ(console.written, "all of it\n");
}

TEST_F(Local, SecretsAreFoundWhereverTheyAreListed) {
  EXPECT_EQ(secrets_in("required_secrets: [A]\nservice: { secrets: [B] }\n"
                       "environments: { p: { required_secrets: [C] } }\n"
                       "secret_management: { secrets: [ { name: D } ] }\n",
                       "f"),
            (std::vector<std::string>{"A", "B", "C", "D"}));
  EXPECT_TRUE(secrets_in("a: [", "f").empty());
  EXPECT_EQ(environments_in(
                "environments: { a: {} }\ndeployment: { environments: { b: {}, a: {} } }\n", "f"),
            (std::vector<std::string>{"a", "b"}));
}

TEST_F(Local, CompletionKnowsTheProject) {
  project();
  write("releases/v1/x", "");
  write("releases/v2/x", "");
  fs::create_directories(folder / "releases/$(touch pwned)");
  EXPECT_EQ(run_line({"__complete", "dep"}), 0);
  EXPECT_EQ(console.written, "deploy\n");
  EXPECT_EQ(run_line({"__complete", "deploy", ""}), 0);
  EXPECT_EQ(console.written, "production\n");
  EXPECT_EQ(run_line({"__complete", "deploy", "production", "--version", "v"}), 0);
  EXPECT_EQ(console.written, "v1\nv2\n");
  EXPECT_EQ(run_line({"__complete", "deploy", "production", "--version", ""}), 0);
  EXPECT_EQ(console.written, "v1\nv2\n") << "a name that a shell would run is left out";
  EXPECT_EQ(run_line({"__complete", "deploy", "--when"}), 0);
  EXPECT_EQ(console.written, "--when-busy\n");
  script.on("GET /v1/environments", 200,
            R"({"environments":[{"environment":"production","services":[{"service":"web",
                "live":)" +
                deployment("running") + "}]}]}");
  EXPECT_EQ(run_line({"__complete", "abort", ""}), 0);
  EXPECT_EQ(console.written, "web-production-42\n");
}

TEST_F(Local, CompletionNeverStartsAnAgentNorFails) {
  write("slipway.yaml", "environments: { production: {} }\n");
  write(".slipway/journal.db", "");
  EXPECT_EQ(run_line({"__complete", "abort", ""}), 0);
  EXPECT_EQ(run_line({"__complete", "--help"}), 0);
  EXPECT_EQ(run_line({"__complete", "nonsense", "x"}), 0);
  EXPECT_EQ(run_line({"__complete"}), 0);
  EXPECT_TRUE(spawned.empty());
  EXPECT_TRUE(console.errors.empty());
}

TEST_F(Local, CompletionScripts) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(run_line({"completion", shell}), 0);
    EXPECT_NE(console.written.find("slipway __complete"), std::string::npos) << shell;
  }
  EXPECT_EQ(run_line({"completion", "bash"}), 0);
  write("c.bash", console.written);
  EXPECT_EQ(std::system(("bash -n " + (folder / "c.bash").string()).c_str()), 0);
  EXPECT_EQ(run_line({"completion", "tcsh"}), 2);
}

// In a process of its own, on a pseudo-terminal: keys come one by one, the terminal is restored, a
// signal ends the waiting and not the process.
int use_terminal(const char* tty) {
  int slave = ::open(tty, O_RDWR | O_NOCTTY);
  if (slave < 0 || ::dup2(slave, 0) != 0) return 10;
  termios before{}, during{}, after{};
  ::tcgetattr(0, &before);
  {
    Terminal terminal;
    terminal.keys(true);
    ::tcgetattr(0, &during);
    if (during.c_lflag & (ICANON | ECHO)) return 11;
    if (!(during.c_lflag & ISIG)) return 12;
    Wake wake;
    for (int i = 0; i < 100 && wake.why == Wake::Why::time; ++i) wake = terminal.wait(100ms);
    if (wake.why != Wake::Why::key || wake.key != 'p') return 13;
    ::kill(::getpid(), SIGINT);
    if (terminal.wait(5s).why != Wake::Why::interrupt) return 14;
  }
  ::tcgetattr(0, &after);
  return after.c_lflag == before.c_lflag && after.c_cc[VSUSP] == before.c_cc[VSUSP] ? 0 : 15;
}

TEST(RealTerminal, IsRestoredAndHearsKeysAndSignals) {
  int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  std::string tty = ::ptsname(master);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(use_terminal(tty.c_str()));
  ASSERT_EQ(::write(master, "p", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(master);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace slipway::cli
