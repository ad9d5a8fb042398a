  private configs = {
    development: {
      apiUrl: 'http://localhost:4000',
      database: 'postgresql://localhost/jobai_dev',
      redis: 'redis://localhost:6379',
      debug: true
    },
    staging: {
      apiUrl: 'https://staging-api.jobai.com',
      database: process.env.STAGING_DATABASE_URL,
      redis: process.env.STAGING_REDIS_URL,
      debug: false
    },
    production: {
      apiUrl: 'https://api.jobai.com',
      database: process.env.DATABASE_URL,
      redis: process.env.REDIS_URL,
      debug: false
    }
  };
