#include "drivers/haproxy/hear.h"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

// Outputs of HAProxy 2.6.12, shortened.
const std::string kServers =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
    "3 web-production_a 1 s1 127.0.0.1 2 4 1 1 0 6 3 3 6 0 0 0 - 18099 - 0 0 - - 0\n"
    "3 web-production_a 2 s2 127.0.0.1 0 5 1 1 2 1 0 0 14 0 0 0 - 1 - 0 0 - - 0\n\n"
    "1\n# be_id be_name srv_id\n"
    "4 web-production_b 1 s1 127.0.0.1 2 12 1 1 0 6 3 3 6 0 0 0 - 18100 - 0 0 - - 0\n\n";

TEST(Hear, Servers) {
  const auto servers = hear_servers(kServers);
  ASSERT_TRUE(servers) << servers.error().text;
  EXPECT_EQ(servers->size(), 3U);
  EXPECT_EQ(servers->at("web-production_a/s1"), (ServerState{18099, Admin::ready}));
  EXPECT_EQ(servers->at("web-production_a/s2"), (ServerState{1, Admin::maint}));
  EXPECT_EQ(servers->at("web-production_b/s1"), (ServerState{18100, Admin::drain}));
}

TEST(Hear, WhatIsNotServersIsSaid) {
  EXPECT_FALSE(hear_servers("Can't find backend.\n"));
  EXPECT_FALSE(hear_servers(""));
  EXPECT_FALSE(hear_servers("1\n# be_id be_name\n3 web 1 s1 x y z\n"));
}

TEST(Hear, Info) {
  const auto info = hear_info(
      "Name: HAProxy\nPid: 8964\nCurrConns: 3\nnode: slipway\ndescription: slipway gen=12\n"
      "DroppedLogs: 5\n\n");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->pid, 8964);
  EXPECT_EQ(info->node, "slipway");
  EXPECT_EQ(info->generation, 12U);
  EXPECT_EQ(info->dropped_logs, 5U);
  EXPECT_FALSE(hear_info("Permission denied\n"));
}

TEST(Hear, Stat) {
  const auto lines = hear_stat(
      "# pxname,svname,qcur,qmax,scur,status,check_status,last_chk,\n"
      "web_a,s1,0,0,4,DRAIN,L7OK,,\nweb_a,s2,0,0,0,DRAIN 1/3,,,\n\n"
      "# pxname,svname,scur,status,check_status,last_chk,\nweb_b,s1,0,DOWN,L4CON,Connection "
      "refused,\n\n"
      "# pxname,svname,scur,stot,status,\nweb_b,BACKEND,3,77,UP,\n\n");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 4U);
  EXPECT_EQ(lines->at(3).server, "BACKEND");
  EXPECT_EQ(lines->at(3).total, 77U);
  EXPECT_EQ(lines->at(0).sessions, 4U);
  EXPECT_EQ(lines->at(0).status, "DRAIN");
  EXPECT_EQ(lines->at(1).status, "DRAIN 1/3");
  EXPECT_EQ(lines->at(2).check, "L4CON Connection refused");
}

TEST(Hear, Maps) {
  const std::string two =
      "0x55c755db1150 0-499 web_b\n0x55c755db11e0 500-9999 web_a\n\n0x55c755db0640 web_a v1#42\n\n";
  const auto parts = hear_parts(two);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(*hear_map(parts[0]), (Pairs{{"0-499", "web_b"}, {"500-9999", "web_a"}}));
  EXPECT_EQ(*hear_map(parts[1]), (Pairs{{"web_a", "v1#42"}}));
  EXPECT_TRUE(hear_map("\n")->empty());
  EXPECT_FALSE(hear_map("Unknown map identifier. Please use #<id> or <file>.\n"));
  EXPECT_EQ(hear_parts("\n0x1 web_a v1\n\n").size(), 2U);  // an empty map first
}

TEST(Hear, PreparedVersion) {
  EXPECT_EQ(*hear_version("New version created: 12\n\n"), 12U);
  EXPECT_FALSE(hear_version("Unknown map identifier.\n"));
}

TEST(Hear, Workers) {
  const auto workers = hear_workers(
      "#<PID>          <type>          <reloads>       <uptime>        <version>\n"
      "8961            master          1 [failed: 2]   0d00h01m14s     2.6.12-1+deb12u4\n"
      "# workers\n9446            worker          0               0d00h00m07s     2.6.12\n"
      "# old workers\n8964            worker          1               0d00h01m14s     2.6.12\n"
      "# programs\n\n");
  ASSERT_TRUE(workers);
  EXPECT_EQ(workers->master, 8961);
  EXPECT_EQ(workers->failed, 2U);
  EXPECT_EQ(workers->current, (std::vector<std::int64_t>{9446}));
  EXPECT_EQ(workers->old, (std::vector<std::int64_t>{8964}));
}

TEST(Hear, OurOwnFiles) {
  const std::vector<Listener> listeners = {{"127.0.0.1:8080", "web-production"},
                                           {"[::1]:8080", "api-production"}};
  EXPECT_EQ(hear_listeners(listeners_text(listeners)), listeners);
  const std::string block = site_section({"/run/x"}, "web-production", {}, 8, {11, 12});
  EXPECT_EQ(rendered_servers(block), 8);
  EXPECT_EQ(rendered_descriptors(block), (std::vector<int>{11, 12}));
  EXPECT_EQ(rendered_servers(""), 0);
}

}  // namespace
}  // namespace slipway::haproxy
