    const stages = [
      { traffic: 5, duration: 10 * 60 * 1000 },   // 5% for 10 min
      { traffic: 25, duration: 30 * 60 * 1000 },  // 25% for 30 min
      { traffic: 50, duration: 60 * 60 * 1000 },  // 50% for 1 hour
      { traffic: 100, duration: 0 }               // Full rollout
    ];
