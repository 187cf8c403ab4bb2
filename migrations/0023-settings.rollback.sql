DROP TABLE __reana.setting;
