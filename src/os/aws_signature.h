// AWS Signature Version 4 over a request's headers ("Authenticating Requests", AWS General
// Reference), on OpenSSL's HMAC. Our own, because libcurl's signs some cases wrong.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace slipway::os {

struct AwsKeys {
  std::string access;
  Secret secret;
  std::string session_token;  // empty: none
};

struct AwsRequest {
  std::string method = "GET";
  std::string path = "/";                                    // as sent, before the `?`
  std::vector<std::pair<std::string, std::string>> query;    // decoded
  std::vector<std::pair<std::string, std::string>> headers;  // host among them; x-amz-date is not
  std::string body;
  std::string region, service;
  std::string date;            // "20150830T123600Z"
  bool normalize_path = true;  // false: S3
};

// x-amz-date, x-amz-security-token where there is one, and Authorization.
std::vector<std::pair<std::string, std::string>> aws_signature(const AwsRequest&, const AwsKeys&);

}  // namespace slipway::os
