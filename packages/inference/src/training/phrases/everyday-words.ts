const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Things and qualities of everyday talk; most are in no vocabulary, so that the model meets words that it cannot know. */
export const THINGS: readonly string[] = words(`
  house car dog cat phone book river garden school office bill ticket train plane boat bike tree cake bread coffee tea lunch
  dinner movie song game match team player doctor lawyer dentist hotel trip holiday summer winter spring autumn monday friday
  weekend month week year evening storm rain snow mountain beach island city village street kitchen door window
  table chair lamp clock camera computer laptop keyboard screen printer battery engine wheel road map letter parcel gift party
  wedding birthday concert museum theatre library bakery shop store tax invoice salary budget rent insurance
  mortgage project report meeting deadline client customer colleague student teacher farmer artist singer writer pilot sailor
  baby child uncle aunt grandma nephew horse cow bird fish rabbit tiger elephant apple banana orange lemon pizza pasta soup
  salad cheese chocolate sugar salt pepper recipe guitar piano drum violin puzzle riddle poem novel magazine newspaper radio
  television podcast video photo painting statue castle temple church tower airport station harbour tunnel highway election
  law policy strategy portfolio exposure profit loss risk crash rally cycle bubble trend chart signal audit hack
  exploit upgrade fork airdrop launch season quarter semester exam lesson homework course degree job career interview 
  planet star galaxy universe atom virus vaccine cancer fever headache allergy medicine hospital gym yoga marathon football tennis
  hockey poker dice lottery casino hobby camping hiking fishing cooking knitting jacket shirt shoes hat coat dress ring`);
export const QUALITIES: readonly string[] = words(`
  good bad high low great cheap expensive nice fine ready busy tired happy sad hungry bored scared rich poor broke late early
  fast slow safe risky strong weak volatile stable calm crazy dull bright dark cold hot warm wet dry clean dirty full empty heavy
  light easy hard simple complex clear foggy funny serious strange weird normal popular famous local foreign green red blue
  yellow black white broken lost sick healthy young old new ancient modern public private free bullish bearish flat quiet loud
  sweet bitter sour spicy fresh stale smart clever silly lazy careful careless brave shy honest greedy generous patient angry
  friendly lonely crowded narrow wide deep shallow tall short long tiny huge favourable attractive terrible awful perfect decent`);
